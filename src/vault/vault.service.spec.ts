import { randomBytes } from 'node:crypto';
import { Vault } from './vault.service.js';

const secret = randomBytes(32);
const other = randomBytes(32);

describe('the vault', () => {
  it('opens what it sealed, for the same purpose and the same row alone', () => {
    const vault = new Vault(secret);
    const sealed = vault.seal('outbox', 'the code', 'row 1');
    expect(vault.open('outbox', sealed, 'row 1').toString()).toBe('the code');
    expect(() => vault.open('outbox', sealed, 'row 2')).toThrow();
    expect(() => vault.open('key-check', sealed, 'row 1')).toThrow();
    expect(() => new Vault(other).open('outbox', sealed, 'row 1')).toThrow();
  });

  it('refuses what was changed in any octet', () => {
    const vault = new Vault(secret);
    const sealed = vault.seal('outbox', 'the code', 'row 1');
    for (let at = 0; at < sealed.length; at += 1) {
      const changed = Buffer.from(sealed);
      changed[at]! ^= 1;
      expect(() => vault.open('outbox', changed, 'row 1')).toThrow();
    }
  });

  it('F09: reads what the key before made, and makes nothing with it', () => {
    const before = new Vault(secret);
    const between = new Vault(other, secret);
    const after = new Vault(other);
    expect(between.open('outbox', before.seal('outbox', 'x', 'row'), 'row').toString()).toBe('x');
    expect(after.open('outbox', between.seal('outbox', 'x', 'row'), 'row').toString()).toBe('x');
    const [current, previous] = between.hmacs('one-time-token', 'a');
    expect(current).toEqual(after.hmac('one-time-token', 'a'));
    expect(previous).toEqual(before.hmac('one-time-token', 'a'));
    expect(between.hmac('one-time-token', 'a')).toEqual(current);
  });

  it('F09: seals with the new key what the key before had sealed, and nothing else', () => {
    const before = new Vault(secret);
    const between = new Vault(other, secret);
    const after = new Vault(other);
    const resealed = between.reseal('smtp-account', before.seal('smtp-account', 'x', 'row'), 'row');
    expect(resealed && after.open('smtp-account', resealed, 'row').toString()).toBe('x');
    expect(between.reseal('smtp-account', resealed ?? Buffer.alloc(0), 'row')).toBeUndefined();
    expect(() =>
      after.reseal('smtp-account', before.seal('smtp-account', 'x', 'r'), 'r'),
    ).toThrow();
  });

  it('tells lists of parts from one another, and purposes too', () => {
    const vault = new Vault(secret);
    const digests = [
      vault.hmac('one-time-token', 'ab', 'c'),
      vault.hmac('one-time-token', 'a', 'bc'),
      vault.hmac('one-time-token', 'abc'),
      vault.hmac('refresh-token', 'abc'),
    ].map((digest) => digest.toString('hex'));
    expect(new Set(digests).size).toBe(4);
  });

  it('wants 32 bytes', () => {
    expect(() => new Vault(randomBytes(31))).toThrow('fewer than 32 bytes');
  });
});
