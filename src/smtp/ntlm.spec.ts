import * as fc from 'fast-check';
import { md4 } from './md4.js';
import { authenticateMessage, negotiateMessage, parseChallenge, respond } from './ntlm.js';

// RFC 1320, appendix A.5
it.each([
  ['', '31d6cfe0d16ae931b73c59d7e0c089c0'],
  ['a', 'bde52cb31de33e46245e05fbdbd6fb24'],
  ['abc', 'a448017aaf21d8525fc10ae87aa6729d'],
  ['message digest', 'd9130a8164549fe818874806e1c7014b'],
  ['abcdefghijklmnopqrstuvwxyz', 'd79e1c308aa5bbcdeea8ed63df412da9'],
  [
    'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789',
    '043f8582f241db351ce627e153e7f0e4',
  ],
  [
    '12345678901234567890123456789012345678901234567890123456789012345678901234567890',
    'e33b4ddc9c38f2199c3e7b164fcc0536',
  ],
])('MD4 of %j', (text, digest) => {
  expect(md4(Buffer.from(text)).toString('hex')).toBe(digest);
});

// MS-NLMP 4.2.1 and 4.2.4
const user = { username: 'User', password: 'Password', domain: 'Domain', workstation: 'COMPUTER' };
const moment = { nonce: Buffer.alloc(8, 0xaa), time: 0n };
const names = '02000c0044006f006d00610069006e0001000c00530065007200760065007200';
const challenge = {
  flags: 0xe28a8233,
  nonce: Buffer.from('0123456789abcdef', 'hex'),
  targetInfo: Buffer.from(`${names}00000000`, 'hex'),
};

it('answers as in the example of MS-NLMP 4.2.4', () => {
  const { lm, nt } = respond(challenge, user, moment);
  expect(lm.toString('hex')).toBe('86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa');
  expect(nt.toString('hex', 0, 16)).toBe('68cd0ab851e51c96aabc927bebef6a1c');
});

it('takes the time of the server, and then leaves the older response out', () => {
  const time = '070008000011223344556677';
  const targetInfo = Buffer.from(`${names}${time}00000000`, 'hex');
  const { lm, nt } = respond({ ...challenge, targetInfo }, user, moment);
  expect(lm).toEqual(Buffer.alloc(24));
  expect(nt.toString('hex', 24, 32)).toBe('0011223344556677');
});

it('never answers with less than NTLMv2, whatever the server leaves out', () => {
  const bare = { flags: 0x201, nonce: challenge.nonce, targetInfo: Buffer.alloc(0) };
  const message = authenticateMessage(bare, user, moment);
  expect(message.readUInt16LE(20)).toBeGreaterThan(24);
  expect(message.toString('utf16le')).toContain('DomainUserCOMPUTER');
});

it('writes letters outside ASCII as they are', () => {
  const ada = { ...user, username: 'größe', domain: 'MÜNCHEN' };
  expect(authenticateMessage(challenge, ada, moment).toString('utf16le')).toContain('MÜNCHENgröße');
});

it('begins with what it can do', () => {
  expect(negotiateMessage().toString('hex', 0, 12)).toBe('4e544c4d5353500001000000');
});

it('reads any octets as a challenge or as none', () => {
  const head = Buffer.concat([Buffer.from('NTLMSSP\0\x02\0\0\0', 'latin1')]);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), fc.boolean(), (noise, headed) => {
      const read = parseChallenge(Buffer.concat([headed ? head : Buffer.alloc(0), noise]));
      if (read) respond(read, user, moment);
      else expect(read).toBeUndefined();
    }),
  );
});
