import { chooseAuthMethod, parseCapabilities } from './capabilities.js';
import { bearerSettings as oauth2 } from '../../test/harness/smtp-account.js';

it('reads what a server offers, in any case and order', () => {
  expect(
    parseCapabilities(
      '250-mx.test at your service\n250-size 35882577\n250-PIPELINING\n250-auth LOGIN plain XOAUTH2\n250 8BITMIME',
    ),
  ).toEqual({
    pipelining: true,
    chunking: false,
    eightBitMime: true,
    size: true,
    maxSize: 35_882_577,
    authMethods: ['LOGIN', 'PLAIN', 'XOAUTH2'],
  });
});

it.each([
  ['250 mx.test', { pipelining: false, size: false, maxSize: undefined, authMethods: [] }],
  ['250 PIPELINING', { pipelining: false, size: false, maxSize: undefined, authMethods: [] }],
  ['250-x\n250 SIZE', { pipelining: false, size: true, maxSize: undefined, authMethods: [] }],
  ['250-x\n250 SIZE 0', { pipelining: false, size: true, maxSize: undefined, authMethods: [] }],
  ['250-x\n250-AUTH=LOGIN\n250 AUTH PLAIN', { authMethods: ['LOGIN', 'PLAIN'] }],
  ['250-x\n250 XPIPELINING', { pipelining: false }],
])('%j', (reply, expected) => {
  expect(parseCapabilities(reply)).toMatchObject(expected);
});

describe('how to sign in', () => {
  const user = { username: 'u', password: 'p', oauth2: undefined };
  const nobody = { username: undefined, password: undefined, oauth2: undefined };
  const bearer = { username: 'u', password: undefined, oauth2 };

  it.each([
    ['auto', ['LOGIN', 'CRAM-MD5', 'PLAIN'], true, 'PLAIN'],
    ['auto', ['CRAM-MD5', 'LOGIN'], true, 'LOGIN'],
    ['auto', ['LOGIN', 'CRAM-MD5', 'PLAIN'], false, 'CRAM-MD5'],
    ['auto', ['LOGIN', 'PLAIN'], false, 'PLAIN'],
    ['auto', ['NTLM', 'GSSAPI'], true, 'NTLM'],
    ['auto', ['NTLM', 'LOGIN'], true, 'LOGIN'],
    ['auto', ['PLAIN', 'NTLM'], false, 'NTLM'],
    ['ntlm', ['PLAIN', 'NTLM'], true, 'NTLM'],
    ['login', ['LOGIN', 'PLAIN'], true, 'LOGIN'],
    ['cram-md5', ['CRAM-MD5', 'PLAIN'], true, 'CRAM-MD5'],
  ] as const)('%s of %j, encrypted %s: %s', (method, offered, encrypted, expected) => {
    expect(chooseAuthMethod({ ...user, method }, offered, encrypted)).toEqual({
      kind: 'method',
      method: expected,
    });
  });

  it.each([
    ['auto', ['LOGIN', 'XOAUTH2', 'OAUTHBEARER'], 'OAUTHBEARER'],
    ['auto', ['PLAIN', 'XOAUTH2'], 'XOAUTH2'],
    ['xoauth2', ['OAUTHBEARER', 'XOAUTH2'], 'XOAUTH2'],
    ['oauthbearer', ['XOAUTH2', 'OAUTHBEARER'], 'OAUTHBEARER'],
  ] as const)('with a token, %s of %j: %s', (method, offered, expected) => {
    expect(chooseAuthMethod({ ...bearer, method }, offered, true)).toEqual({
      kind: 'token',
      method: expected,
    });
  });

  it.each([
    [{ ...nobody, method: 'auto' as const }, ['PLAIN']],
    [{ ...user, method: 'none' as const }, ['PLAIN']],
  ])('not at all: %j', (auth, offered) => {
    expect(chooseAuthMethod(auth, offered, true)).toEqual({ kind: 'no-sign-in' });
  });

  it.each([
    [{ ...user, method: 'auto' as const }, [], /offers no sign-in here/],
    [{ ...user, method: 'auto' as const }, ['XOAUTH2', 'GSSAPI'], /it offers XOAUTH2, GSSAPI/],
    [{ ...user, method: 'login' as const }, ['PLAIN'], /SMTP_AUTH_METHOD=login.*\(PLAIN\)/],
    [{ ...user, method: 'plain' as const }, [], /\(none\)/],
    [{ ...user, method: 'ntlm' as const }, ['PLAIN', 'LOGIN'], /ntlm.*\(PLAIN, LOGIN\)/],
    [{ ...nobody, method: 'plain' as const }, ['PLAIN'], /Set SMTP_USERNAME and SMTP_PASSWORD/],
    [{ ...user, password: undefined, method: 'auto' as const }, ['PLAIN'], /needs both/],
    [
      { ...user, oauth2, method: 'auto' as const },
      ['PLAIN', 'LOGIN'],
      /takes no access tokens \(OAUTHBEARER or XOAUTH2\); it offers PLAIN, LOGIN/,
    ],
    [{ ...bearer, method: 'auto' as const }, [], /offers no sign-in here/],
    [{ ...bearer, method: 'oauthbearer' as const }, ['XOAUTH2'], /oauthbearer.*\(XOAUTH2\)/],
    [
      { ...bearer, username: undefined, method: 'auto' as const },
      ['XOAUTH2'],
      /SMTP_USERNAME to its address/,
    ],
    [{ ...user, method: 'xoauth2' as const }, ['XOAUTH2'], /Set SMTP_OAUTH2_TOKEN_URL/],
  ])('impossible, with a reason: %j of %j', (auth, offered, sentence) => {
    const choice = chooseAuthMethod(auth, offered, true);
    expect(choice).toMatchObject({
      kind: 'impossible',
      sentence: expect.stringMatching(sentence),
    });
    // what the account lacks is no matter of the server's
    const isIncomplete = /Set SMTP_USERNAME|needs both|to its address|Set SMTP_OAUTH2/.test(
      sentence.source,
    );
    expect('fault' in choice).toBe(!isIncomplete);
  });
});
