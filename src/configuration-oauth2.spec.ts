import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatFault } from '#settings';
import { loadConfiguration } from './configuration.js';

type Env = Record<string, string | undefined>;

const directory = mkdtempSync(join(tmpdir(), 'gatepost-oauth2-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(content: unknown): string {
  const path = join(directory, 'key.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

function pemOf(type: 'rsa' | 'ec'): string {
  const { privateKey } =
    type === 'rsa'
      ? generateKeyPairSync('rsa', { modulusLength: 2048 })
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}
const pem = pemOf('rsa');
const serviceKey = {
  type: 'service_account',
  client_email: 'mail@acme.iam.gserviceaccount.com',
  private_key_id: '17',
  private_key: pem,
  token_uri: 'https://oauth2.googleapis.com/token',
};

function accepted(env: Env) {
  const result = loadConfiguration({ env });
  if (!result.ok) throw new Error(result.faults.map((fault) => formatFault(fault)).join('\n\n'));
  const warnings = result.warnings.map(({ code, setting }) => `${setting} ${code}`);
  return { auth: result.smtp?.auth, smtp: result.smtp, warnings };
}

function refused(env: Env): string[] {
  const result = loadConfiguration({ env });
  return result.ok
    ? []
    : result.faults.map(({ setting, code, why }) => `${setting} ${code} ${why}`);
}

const mailbox: Env = { SMTP_USERNAME: 'ada@acme.io', SMTP_SENDER: 'ada@acme.io' };
const client: Env = { SMTP_OAUTH2_CLIENT_ID: 'id', SMTP_OAUTH2_CLIENT_SECRET: 'Sesame-0pen' };
const refresh: Env = { ...client, SMTP_OAUTH2_REFRESH_TOKEN: '1//Sesame' };
const noConsent = ['SMTP_OAUTH2_REFRESH_TOKEN OAUTH_INCOMPLETE'];
const tenant = 'https://login.microsoftonline.com/acme.io/oauth2/v2.0';

describe('OAuth2', () => {
  it('is read into what a token is asked for with; a secret is taken as it is', () => {
    const { auth, warnings } = accepted({
      ...mailbox,
      ...refresh,
      SMTP_HOST: 'mail.acme.io',
      SMTP_AUTH_METHOD: 'OAuthBearer',
      SMTP_OAUTH2_TOKEN_URL: 'https://Login.acme.io/token?x=1',
      SMTP_OAUTH2_AUTHORIZE_URL: 'https://login.acme.io/authorize',
      SMTP_OAUTH2_CLIENT_SECRET: ' Sesame-0pen',
      SMTP_OAUTH2_SCOPE: 'mail.send  offline_access',
    });
    expect(auth).toEqual({
      method: 'oauthbearer',
      username: 'ada@acme.io',
      password: undefined,
      ntlmDomain: undefined,
      ntlmWorkstation: undefined,
      oauth2: {
        grant: 'refresh_token',
        tokenUrl: 'https://login.acme.io/token?x=1',
        authorizationUrl: 'https://login.acme.io/authorize',
        clientId: 'id',
        clientSecret: ' Sesame-0pen',
        scope: 'mail.send offline_access',
        refreshToken: '1//Sesame',
        serviceAccount: undefined,
      },
    });
    expect(warnings).toEqual(['SMTP_OAUTH2_CLIENT_SECRET VALUE_WHITESPACE']);
  });

  it('signs in nobody by itself: without its settings there is none', () => {
    expect(accepted({ ...mailbox, SMTP_PASSWORD: 'x', SMTP_HOST: 'mail.acme.io' }).auth).toEqual(
      expect.objectContaining({ oauth2: undefined }),
    );
  });

  it.each<[string, Env, object, string[]]>([
    [
      'Microsoft 365, the application by itself',
      { SMTP_PROVIDER: 'microsoft365', ...client, SMTP_OAUTH2_TOKEN_URL: `${tenant}/token` },
      {
        grant: 'client_credentials',
        tokenUrl: `${tenant}/token`,
        authorizationUrl: undefined,
        scope: 'https://outlook.office365.com/.default',
      },
      [],
    ],
    [
      'Microsoft 365 by consent, in its tenant',
      { SMTP_HOST: 'smtp.office365.com', ...refresh, SMTP_OAUTH2_TOKEN_URL: `${tenant}/token` },
      {
        grant: 'refresh_token',
        authorizationUrl: `${tenant}/authorize`,
        scope: 'https://outlook.office.com/SMTP.Send offline_access',
      },
      [],
    ],
    [
      'Microsoft 365 by consent, before anybody did',
      { SMTP_PROVIDER: 'microsoft365', ...client, SMTP_OAUTH2_GRANT: 'refresh_token' },
      {
        grant: 'refresh_token',
        tokenUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/token',
        authorizationUrl: 'https://login.microsoftonline.com/common/oauth2/v2.0/authorize',
        refreshToken: undefined,
      },
      noConsent,
    ],
    [
      'Outlook.com, an application without a secret',
      { SMTP_PROVIDER: 'outlook', SMTP_OAUTH2_CLIENT_ID: 'id' },
      {
        grant: 'refresh_token',
        tokenUrl: 'https://login.microsoftonline.com/consumers/oauth2/v2.0/token',
        authorizationUrl: 'https://login.microsoftonline.com/consumers/oauth2/v2.0/authorize',
        clientSecret: undefined,
      },
      noConsent,
    ],
    [
      'Outlook.com, where a secret does not mean the application by itself',
      { SMTP_PROVIDER: 'outlook', ...client },
      { grant: 'refresh_token' },
      noConsent,
    ],
    [
      'Gmail',
      { SMTP_PROVIDER: 'gmail', ...refresh },
      {
        grant: 'refresh_token',
        tokenUrl: 'https://oauth2.googleapis.com/token',
        authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth',
        scope: 'https://mail.google.com/',
      },
      [],
    ],
    [
      'Gmail through a host of one’s own',
      {
        SMTP_HOST: 'relay.acme.io',
        ...refresh,
        SMTP_OAUTH2_TOKEN_URL: 'https://oauth2.googleapis.com/token',
      },
      { authorizationUrl: 'https://accounts.google.com/o/oauth2/v2/auth' },
      [],
    ],
    [
      'a token endpoint of one’s own, which says nothing of Google’s scopes and pages',
      {
        SMTP_PROVIDER: 'gmail',
        ...refresh,
        SMTP_OAUTH2_TOKEN_URL: 'http://127.0.0.1:8080/token',
      },
      { tokenUrl: 'http://127.0.0.1:8080/token', authorizationUrl: undefined, scope: undefined },
      [],
    ],
    [
      'a provider nobody knows, before anybody consented',
      {
        SMTP_HOST: 'mail.acme.io',
        SMTP_OAUTH2_CLIENT_ID: 'id',
        SMTP_OAUTH2_TOKEN_URL: 'https://login.acme.io/token',
      },
      { grant: 'refresh_token', authorizationUrl: undefined, scope: undefined },
      noConsent,
    ],
  ])('%s', (_, env, oauth2, warnings) => {
    const result = accepted({ ...mailbox, ...env });
    expect(result.auth?.oauth2).toMatchObject(oauth2);
    expect(result.warnings).toEqual(warnings);
  });

  it('takes the user name of SMTP_URL', () => {
    const { auth } = accepted({
      ...refresh,
      SMTP_SENDER: 'ada@acme.io',
      SMTP_URL: 'smtp://ada%40acme.io@smtp.gmail.com',
    });
    expect(auth).toMatchObject({ username: 'ada@acme.io', password: undefined });
    expect(auth?.oauth2?.tokenUrl).toBe('https://oauth2.googleapis.com/token');
  });

  it.each(['http://localhost:8080/t', 'http://127.8.8.8/t', 'http://[::1]:1/t'])(
    'F07: on this machine a token endpoint needs no TLS: %s',
    (url) => {
      const env = { ...mailbox, ...refresh, SMTP_HOST: 'localhost', SMTP_OAUTH2_TOKEN_URL: url };
      expect(accepted(env).auth?.oauth2?.tokenUrl).toBe(url);
    },
  );

  it('is as much a reason for TLS as a password, but not on this machine', () => {
    const own = { ...mailbox, ...refresh, SMTP_OAUTH2_TOKEN_URL: 'https://login.acme.io/t' };
    expect(accepted({ ...own, SMTP_HOST: 'mail.acme.io' }).smtp?.requireTls).toBe(true);
    const local = { ...own, SMTP_HOST: 'localhost' };
    expect(accepted(local).smtp).toMatchObject({ security: 'starttls', requireTls: true });
    const clear = accepted({ ...local, SMTP_OPPORTUNISTIC_TLS: 'false' }).smtp;
    expect(clear).toMatchObject({ security: 'clear' });
  });

  it('warns where the id of a secret of Microsoft was copied instead of its value', () => {
    const { warnings } = accepted({
      ...mailbox,
      SMTP_PROVIDER: 'microsoft365',
      SMTP_OAUTH2_TOKEN_URL: `${tenant}/token`,
      SMTP_OAUTH2_CLIENT_ID: 'id',
      SMTP_OAUTH2_CLIENT_SECRET: '6f3c1f52-9a0e-4a7e-8d0c-0b8a5a3d4e21',
    });
    expect(warnings).toEqual(['SMTP_OAUTH2_CLIENT_SECRET OAUTH_SECRET_WRONG']);
  });
});

describe('A Google service account', () => {
  const env = { ...mailbox, SMTP_PROVIDER: 'gmail' };

  it('is known by its key', () => {
    const { auth, warnings } = accepted({ ...env, SMTP_OAUTH2_SERVICE_KEY_FILE: file(serviceKey) });
    expect(auth?.oauth2).toEqual({
      grant: 'service_account',
      tokenUrl: 'https://oauth2.googleapis.com/token',
      authorizationUrl: undefined,
      clientId: undefined,
      clientSecret: undefined,
      scope: 'https://mail.google.com/',
      refreshToken: undefined,
      serviceAccount: {
        email: 'mail@acme.iam.gserviceaccount.com',
        keyId: '17',
        privateKey: pem,
      },
    });
    expect(warnings).toEqual([]);
  });

  it('asks where its key says, unless SMTP_OAUTH2_TOKEN_URL says something else', () => {
    const key = file({ ...serviceKey, token_uri: 'http://localhost:8080/token' });
    const local = { ...env, SMTP_OAUTH2_SERVICE_KEY_FILE: key };
    expect(accepted(local).auth?.oauth2?.tokenUrl).toBe('http://localhost:8080/token');
    const named = { ...local, SMTP_OAUTH2_TOKEN_URL: 'https://login.acme.io/token' };
    expect(accepted(named).auth?.oauth2?.tokenUrl).toBe('https://login.acme.io/token');
  });

  it.each<[string, unknown, string]>([
    ['is no JSON', 'hello', 'The file does not hold the key of a service account in JSON form.'],
    ['lacks its key', { client_email: 'a@b' }, 'The file does not hold the key of a service'],
    ['is a client', { installed: { client_id: 'x' } }, 'This is the client of an application'],
    ['is no RSA key', { ...serviceKey, private_key: pemOf('ec') }, 'Its private_key is no RSA key'],
    ['is cut', { ...serviceKey, private_key: pem.slice(0, 99) }, 'Its private_key is no RSA key'],
    [
      'F07: leads out in clear text',
      { ...serviceKey, token_uri: 'http://login.acme.io/token' },
      'Its token_uri is no https:// address.',
    ],
  ])('whose key %s is refused', (_, content, why) => {
    const faults = refused({ ...env, SMTP_OAUTH2_SERVICE_KEY_FILE: file(content) });
    expect(faults).toEqual([
      expect.stringContaining(`SMTP_OAUTH2_SERVICE_KEY_FILE FILE_INVALID ${why}`),
    ]);
    expect(faults.join()).not.toContain('PRIVATE');
  });

  it('opens no mailbox of Microsoft', () => {
    const key = file({ ...serviceKey, token_uri: undefined });
    const microsoft = { ...mailbox, SMTP_PROVIDER: 'microsoft365' };
    expect(refused({ ...microsoft, SMTP_OAUTH2_SERVICE_KEY_FILE: key })).toEqual([
      expect.stringContaining('SMTP_OAUTH2_SERVICE_KEY_FILE SETTING_CONFLICT Microsoft opens no'),
    ]);
  });
});
