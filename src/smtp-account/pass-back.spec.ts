import assert from 'node:assert';
import { accountFields, type AccountFields, readAccount, type SmtpSettings } from '#mailer-config';
import { leadsElsewhere, secretsToGiveAgain, signInSecrets } from './pass-back.js';
import { splitFields } from './stored-account.js';

const CA = 'a certificate';

function read(fields: AccountFields): SmtpSettings {
  const reading = readAccount(fields, {
    id: 'id',
    name: 'name',
    appName: 'Acme',
    adminWebUrl: 'https://acme.example',
    reach: 'any',
  });
  assert(reading.ok, JSON.stringify(reading));
  return reading.smtp;
}

const stored: AccountFields = {
  host: 'smtp.acme.example',
  sender: 'no-reply@acme.example',
  username: 'ada',
  password: 'the stored one',
};

const withTokens: AccountFields = {
  host: 'smtp.acme.example',
  sender: 'no-reply@acme.example',
  username: 'ada@acme.example',
  authMethod: 'xoauth2',
  oauth2TokenUrl: 'https://login.acme.example/token',
  oauth2AuthorizeUrl: 'https://login.acme.example/authorize',
  oauth2ClientId: 'gatepost',
  oauth2ClientSecret: 'the stored one',
  oauth2RefreshToken: 'the granted one',
};

/** The secrets a change of `before` asks for again. */
function asked(before: AccountFields, given: AccountFields): string[] {
  const after = read({ ...before, ...given });
  const { secrets } = splitFields(before);
  return secretsToGiveAgain({ stored: secrets, before: read(before), after, given });
}

describe('F04: a stored password', () => {
  it.each<[string, AccountFields]>([
    ['another host', { host: 'smtp.evil.example' }],
    ['another port', { port: 2525 }],
    ['TLS from the first byte', { tls: true }],
    ['no need for STARTTLS', { requireTls: false, allowPlaintextAuth: true }],
    ['clear text', { opportunisticTls: false, allowPlaintextAuth: true }],
    ['any certificate', { tlsInsecure: true }],
    ['a certificate of another name', { tlsServername: 'smtp.evil.example' }],
    ['weaker ciphers', { cipherSpec: 'AES128-SHA' }],
    ['a way through a proxy', { proxy: 'socks5://proxy.evil.example' }],
    ['a preset of another host', { host: null, provider: 'sendgrid', username: 'apikey' }],
  ])('is asked for again with %s', (_what, given) => {
    expect(asked(stored, given)).toEqual(['password']);
  });

  it('is asked for again where another authority is trusted', () => {
    const before = read(stored);
    const after = { ...before, tls: { ...before.tls, ca: CA } };
    expect(leadsElsewhere(before, after)).toBe(true);
  });

  it.each<[string, AccountFields]>([
    ['the port it has by default', { port: 587 }],
    ['the host in capitals', { host: 'SMTP.Acme.example' }],
    ['another name for people', { sender: 'Acme <no-reply@acme.example>' }],
    ['another user at the same server', { username: 'grace' }],
    ['a limit', { maxPerDay: 10 }],
    ['nothing at all', {}],
  ])('stays with %s', (_what, given) => {
    expect(asked(stored, given)).toEqual([]);
  });

  it('may be given again, or removed', () => {
    const host = 'smtp.other.example';
    expect(asked(stored, { host, password: 'a new one' })).toEqual([]);
    expect(asked(stored, { host, password: null, username: null })).toEqual([]);
  });

  it('is asked for again whatever changes where the account could not be used before', () => {
    const { secrets } = splitFields(stored);
    const after = read(stored);
    expect(
      secretsToGiveAgain({ stored: secrets, before: undefined, after, given: { bcc: null } }),
    ).toEqual(['password']);
  });

  it('that is a token is in the user name too, with some providers', () => {
    const token = '0b1c2d3e-4f50-6172-8394-a5b6c7d8e9f0';
    const before = { ...stored, username: token, password: token };
    const host = 'smtp.evil.example';
    expect(asked(before, { host })).toEqual(['username', 'password']);
    expect(asked(before, { host, password: 'anything' })).toEqual(['username']);
    expect(asked(before, { host, password: 'a new one', username: 'ada' })).toEqual([]);
  });

  it('that is part of a URL is the URL', () => {
    const url = 'smtps://ada:stored@smtp.acme.example';
    const before = { url, sender: 'no-reply@acme.example' };
    expect(asked(before, { tlsInsecure: true })).toEqual(['url']);
    expect(asked(before, { url: 'smtps://smtp.evil.example' })).toEqual([]);
    const relay = { url: 'smtp://relay.acme.example', sender: 'no-reply@acme.example' };
    expect(asked(relay, { tlsInsecure: true })).toEqual([]);
  });
});

describe('F04: a stored client secret and refresh token', () => {
  it.each<[string, AccountFields]>([
    ['another token URL', { oauth2TokenUrl: 'https://login.evil.example/token' }],
    ['another page for the consent', { oauth2AuthorizeUrl: 'https://login.evil.example/' }],
    ['another host', { host: 'smtp.evil.example' }],
  ])('are asked for again with %s', (_what, given) => {
    expect(asked(withTokens, given)).toEqual(['oauth2ClientSecret', 'oauth2RefreshToken']);
    expect(asked(withTokens, { ...given, oauth2ClientSecret: 'new' })).toEqual([
      'oauth2RefreshToken',
    ]);
  });

  it('stay with another scope', () => {
    expect(asked(withTokens, { oauth2Scope: 'mail.send' })).toEqual([]);
  });
});

it('F04: every secret field is judged: it signs in, or never leaves, or is about the way itself', () => {
  const secrets = accountFields.filter(({ secret }) => secret).map(({ name }) => name);
  const perhaps = accountFields
    .filter(({ description }) => description.holdsSecret)
    .map(({ name }) => name);
  expect([...secrets, ...perhaps].toSorted()).toEqual(
    [...signInSecrets, 'dkimKey', 'proxy', 'tlsKey'].toSorted(),
  );
});
