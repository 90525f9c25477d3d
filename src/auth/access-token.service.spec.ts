import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import { Vault } from '#vault';
import { AccessTokens } from './access-token.service.js';

const vault = new Vault(randomBytes(32));
const tokens = new AccessTokens(vault);
const claims = { userId: randomUUID(), sessionId: randomUUID() };
const issuedAt = new Date('2026-01-01T00:00:00.900Z');

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const decode = (part = '') => JSON.parse(Buffer.from(part, 'base64url').toString());

/** Our own token with parts changed, signed with our own key. */
async function changed(header: object, payload: object): Promise<string> {
  const [h, p] = (await tokens.issue({ ...claims, issuedAt })).split('.');
  const signed = `${encode({ ...decode(h), ...header })}.${encode({ ...decode(p), ...payload })}`;
  const signature = createHmac('sha256', vault.accessTokenKeys()[0])
    .update(signed)
    .digest('base64url');
  return `${signed}.${signature}`;
}

describe('D40: an access token', () => {
  it('says whose session it is and when it ends', async () => {
    const token = await tokens.issue({ ...claims, issuedAt });
    expect(await tokens.read(token)).toEqual({
      ...claims,
      expiresAt: new Date('2026-01-01T00:15:00.000Z'),
    });
    expect(await tokens.read(await changed({}, {}))).toMatchObject(claims);
  });

  it.each<[string, object, object]>([
    ['another algorithm', { alg: 'HS512' }, {}],
    ['no algorithm', { alg: 'none' }, {}],
    ['another type', { typ: 'JWT' }, {}],
    ['another audience', {}, { aud: 'others' }],
    ['another issuer', {}, { iss: 'https://evil.example' }],
    ['another purpose', {}, { purpose: 'refresh' }],
    ['no purpose', {}, { purpose: undefined }],
    ['no session', {}, { sid: undefined }],
    ['no end', {}, { exp: undefined }],
    ['a beginning in the future', {}, { nbf: 4_000_000_000 }],
    ['an unknown critical header', { crit: ['x'], x: 1 }, {}],
  ])('is refused with %s, though signed with the key', async (_what, header, payload) => {
    expect(await tokens.read(await changed(header, payload))).toBeUndefined();
  });

  it('is refused with another signature, without one, and as rubbish', async () => {
    const token = await tokens.issue({ ...claims, issuedAt });
    const [header, payload] = token.split('.');
    const unsigned = `${encode({ alg: 'none', typ: 'at+jwt' })}.${payload}.`;
    const stranger = new AccessTokens(new Vault(randomBytes(32)));
    for (const wrong of [
      `${header}.${payload}.`,
      unsigned,
      await stranger.issue({ ...claims, issuedAt }),
      '',
      'a.b.c',
      'x'.repeat(100_000),
    ])
      expect(await tokens.read(wrong)).toBeUndefined();
  });
});
