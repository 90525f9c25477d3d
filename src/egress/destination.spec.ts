import { checkSubmissionPort, pinnedLookup, resolveHost } from './destination.js';
import { HostRefused } from './host.errors.js';
import { isPublicAddress } from './public-address.js';

describe('F05: what is public', () => {
  it.each([
    '127.0.0.1',
    '0.0.0.0',
    '10.1.2.3',
    '172.31.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '169.254.169.254',
    '168.63.129.16',
    '192.0.2.1',
    '198.18.0.1',
    '224.0.0.1',
    '255.255.255.255',
    '::',
    '::1',
    '::ffff:10.0.0.1',
    '::ffff:8.8.8.8',
    '::ffff:7f00:1',
    '64:ff9b::a00:1',
    'fe80::1',
    'fe80::1%eth0',
    'fd00:ec2::254',
    'fc00::1',
    'ff02::1',
    '2001:db8::1',
    '2001::1',
    '2002:a00:1::1',
    'localhost',
    '2130706433',
    '',
  ])('%s is not', (address) => {
    expect(isPublicAddress(address)).toBe(false);
  });

  it.each(['8.8.8.8', '1.1.1.1', '172.32.0.1', '192.169.0.1', '2606:4700::1111', '2a00:1450::1'])(
    '%s is',
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );
});

describe('a host', () => {
  it.each(['localhost', '127.0.0.1', '[::1]', '[::ffff:10.0.0.1]', '0x7f000001', '2130706433'])(
    'F05: %s is refused unless any may be reached',
    async (host) => {
      await expect(resolveHost(host, 'public')).rejects.toThrow(HostRefused);
      expect(await resolveHost(host, 'any')).not.toEqual([]);
    },
  );

  it('has the addresses it was checked with, and no others, for the connection', async () => {
    const addresses = await resolveHost('8.8.8.8', 'public');
    const lookup = pinnedLookup(addresses);
    lookup('rebound.example', { all: true }, (error, found) => {
      expect([error, found]).toEqual([null, [{ address: '8.8.8.8', family: 4 }]]);
    });
    lookup('rebound.example', {}, (error, found, family) => {
      expect([error, found, family]).toEqual([null, '8.8.8.8', 4]);
    });
    expect.assertions(2);
  });

  it('F05: has no port but those of mail', () => {
    expect(() => checkSubmissionPort('smtp.example.com', 587, 'public')).not.toThrow();
    expect(() => checkSubmissionPort('smtp.example.com', 5432, 'any')).not.toThrow();
    expect(() => checkSubmissionPort('smtp.example.com', 5432, 'public')).toThrow(HostRefused);
  });
});
