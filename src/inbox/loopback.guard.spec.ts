import { isLoopbackAddress, isLoopbackHost } from './loopback.guard.js';

it.each(['127.0.0.1', '127.8.9.10', '::1', '::ffff:127.0.0.1'])('%s is this machine', (address) => {
  expect(isLoopbackAddress(address)).toBe(true);
});

it.each(['10.0.0.1', '::ffff:10.0.0.1', '::', '0.0.0.0', '2001:db8::1', '127.0.0.1.evil', ''])(
  '%s is not',
  (address) => {
    expect(isLoopbackAddress(address)).toBe(false);
  },
);

it.each(['localhost', 'LOCALHOST:3000', '127.0.0.1:3000', '[::1]', '[::1]:3000'])(
  '%s is a name of this machine',
  (host) => {
    expect(isLoopbackHost(host)).toBe(true);
  },
);

it.each([
  'evil.example',
  'localhost.evil.example',
  'evil.example:3000',
  '127.0.0.1.nip.io',
  'user@localhost',
  'localhost:3000@evil.example',
  'localhost:123456',
  '',
])('%s is not', (host) => {
  expect(isLoopbackHost(host)).toBe(false);
});
