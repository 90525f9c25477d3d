import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { SmtpSettings } from '#mailer-config';
import { formatFault, type Settings } from '#settings';
import { loadConfiguration } from './configuration.js';

type Env = Record<string, string | undefined>;

const directory = mkdtempSync(join(tmpdir(), 'gatepost-configuration-'));
afterAll(() => rmSync(directory, { recursive: true }));

function file(content: string): string {
  const path = join(directory, 'value');
  writeFileSync(path, content);
  return path;
}

interface Accepted {
  settings: Settings;
  smtp: SmtpSettings | undefined;
  warnings: string[];
}

function accepted(env: Env, dotenv?: string): Accepted {
  const dotenvPath = join(directory, '.env');
  if (dotenv !== undefined) writeFileSync(dotenvPath, dotenv);
  const result = loadConfiguration(dotenv === undefined ? { env } : { env, dotenvPath });
  if (!result.ok) throw new Error(result.faults.map((fault) => formatFault(fault)).join('\n\n'));
  return { ...result, warnings: result.warnings.map(({ code, setting }) => `${setting} ${code}`) };
}

const server: Env = { SMTP_HOST: 'mail.acme.io', SMTP_SENDER: 'noreply@acme.io' };
const account: Env = { ...server, SMTP_USERNAME: 'ada', SMTP_PASSWORD: 'Sesame-0pen' };
const production: Env = {
  NODE_ENV: 'production',
  ADMIN_WEB_URL: 'https://app.acme.io',
  SECRET_KEY: '4f1c9e0d27b86a35f2719ce84d03ba65918e7fc2603bd54a12e89f7063cd5ba1',
};

describe('General settings', () => {
  it('need none: everything has a default, and mails go to the built-in inbox', () => {
    expect(accepted({})).toEqual({
      ok: true,
      settings: {
        nodeEnv: 'development',
        port: 3000,
        httpHost: '127.0.0.1',
        adminWebUrl: 'http://localhost:3000',
        appName: 'Gatepost',
        secretKey: undefined,
        secretKeyPrevious: undefined,
        databaseUrl: undefined,
        dataDir: resolve('data'),
        role: 'all',
        firstAdminEmail: 'admin@example.com',
        passwordMinLength: 15,
        rateLimit: 60,
        trustProxy: undefined,
        skipUserVerification: false,
        mailRedirectTo: undefined,
        mailAllowTo: undefined,
        mailRetentionDays: 30,
        smtpAllowPrivateHosts: false,
        smtpCheckAtStart: true,
        logLevel: 'info',
      },
      smtp: undefined,
      warnings: [],
    });
  });

  it('are read into what they mean', () => {
    const { settings } = accepted({
      ...server,
      PORT: '0',
      HTTP_HOST: '[::1]',
      ADMIN_WEB_URL: 'https://Bücher.example/gate/',
      SECRET_KEY: 'TxyeDSe4ajXycZzoTQO6ZZGOf8JgO9VKEuifcGPNW6E=',
      ROLE: 'WORKER',
      DATABASE_URL: 'postgres://gatepost:Sesame%230pen@db:5432/gatepost',
      RATE_LIMIT: 'off',
      TRUST_PROXY: '10.0.0.0/8, 192.168.0.1',
      MAIL_REDIRECT_TO: 'Ada@Acme.IO',
      MAIL_ALLOW_TO: 'Ada@acme.io, @ACME.io',
      MAIL_RETENTION: '7D',
      LOG_LEVEL: 'Debug',
    });
    expect(settings).toMatchObject({
      port: 0,
      httpHost: '::1',
      adminWebUrl: 'https://xn--bcher-kva.example/gate',
      role: 'worker',
      databaseUrl: 'postgres://gatepost:Sesame%230pen@db:5432/gatepost',
      rateLimit: 'off',
      trustProxy: ['10.0.0.0/8', '192.168.0.1'],
      mailRedirectTo: 'ada@acme.io',
      mailAllowTo: ['ada@acme.io', '@acme.io'],
      mailRetentionDays: 7,
      logLevel: 'debug',
    });
    expect(settings.secretKey?.toString('hex')).toBe(production['SECRET_KEY']);
  });

  it('in production listen to the world and invite nobody', () => {
    const { settings } = accepted({ ...production, ...server });
    expect(settings).toMatchObject({ httpHost: '0.0.0.0', firstAdminEmail: undefined });
  });

  it('in production do without mail only when somebody says so, and then warn', () => {
    const { smtp, warnings } = accepted({ ...production, SKIP_USER_VERIFICATION: 'Yes' });
    expect(smtp).toBeUndefined();
    expect(warnings).toEqual(['SKIP_USER_VERIFICATION VERIFICATION_SKIPPED']);
  });

  it('in a test switch nothing off', () => {
    const inTest = accepted({ NODE_ENV: 'test', ...account });
    const inDevelopment = accepted({ ...account });
    expect(inTest).toEqual({
      ...inDevelopment,
      settings: { ...inDevelopment.settings, nodeEnv: 'test' },
    });
    expect(inTest.settings.skipUserVerification).toBe(false);
  });

  it('leave the invitation to the operator where there is a real server', () => {
    expect(accepted(server).settings.firstAdminEmail).toBeUndefined();
    const named = accepted({ ...server, FIRST_ADMIN_EMAIL: 'ada@acme.io' });
    expect(named.settings.firstAdminEmail).toBe('ada@acme.io');
  });
});

describe('The guide', () => {
  it.each([
    ['Gmail', { SMTP_HOST: 'smtp.gmail.com', SMTP_USERNAME: 'abc@gmail.com' }],
    ['SendGrid', { SMTP_HOST: 'smtp.sendgrid.net', SMTP_USERNAME: 'apikey' }],
  ])('works as written for %s', (_, provider) => {
    const { smtp, warnings } = accepted({
      ...provider,
      SMTP_PORT: '587',
      SMTP_PASSWORD: 'abcd efgh ijkl mnop',
      SMTP_SENDER: 'noreply@acme.io',
      SMTP_TLS: 'false',
      SMTP_OPPORTUNISTIC_TLS: 'true',
      SMTP_CIPHER_SPEC: 'TLSv1.2',
    });
    expect(warnings).toEqual([]);
    expect(smtp).toMatchObject({
      host: provider.SMTP_HOST,
      port: 587,
      security: 'starttls',
      requireTls: true,
      tls: { minVersion: 'TLSv1.2', ciphers: undefined },
      auth: { method: 'auto', username: provider.SMTP_USERNAME, password: 'abcd efgh ijkl mnop' },
    });
  });

  it('works with its placeholders, which are named', () => {
    const { smtp, warnings } = accepted(
      {},
      'SMTP_HOST=smtp.gmail.com\nSMTP_PORT=587\nSMTP_USERNAME=your-email@gmail.com\n' +
        'SMTP_PASSWORD=your-email-app-password\nSMTP_SENDER=noreply@yourdomain.com\n' +
        'SMTP_TLS=false\nSMTP_OPPORTUNISTIC_TLS=true\n',
    );
    expect(smtp).toMatchObject({ port: 587, security: 'starttls', requireTls: true });
    expect(warnings).toEqual(['SMTP_USERNAME PLACEHOLDER_VALUE', 'SMTP_SENDER PLACEHOLDER_VALUE']);
  });
});

describe('The mail server', () => {
  it('is known by its name and a sender', () => {
    expect(accepted(server).smtp).toEqual({
      id: 'environment',
      name: 'environment',
      source: 'environment',
      reach: 'any',
      host: 'mail.acme.io',
      port: 587,
      security: 'starttls',
      requireTls: true,
      tls: {
        minVersion: 'TLSv1.2',
        ciphers: undefined,
        ca: undefined,
        cert: undefined,
        key: undefined,
        servername: undefined,
        insecure: false,
      },
      auth: {
        method: 'auto',
        username: undefined,
        password: undefined,
        ntlmDomain: undefined,
        ntlmWorkstation: undefined,
        oauth2: undefined,
      },
      sender: { name: 'Gatepost', address: 'noreply@acme.io' },
      replyTo: undefined,
      returnPath: undefined,
      bcc: undefined,
      readReceiptTo: undefined,
      footer: undefined,
      ehloName: 'localhost',
      localAddress: undefined,
      proxy: undefined,
      dkim: undefined,
      maxConnections: 5,
      pipelining: 'chunking',
      maxInFlight: 16,
      maxPerMinute: undefined,
      maxPerDay: undefined,
      timeouts: { connect: 10_000, greeting: 10_000, command: 30_000, data: 120_000 },
    });
  });

  it('takes times with a unit or in milliseconds, and warns of a number that means seconds', () => {
    const { smtp, warnings } = accepted({
      ...server,
      SMTP_TIMEOUT_CONNECT: '2m',
      SMTP_TIMEOUT_GREETING: '500ms',
      SMTP_TIMEOUT_COMMAND: '1500',
      SMTP_TIMEOUT_DATA: '60',
    });
    expect(smtp?.timeouts).toEqual({ connect: 120_000, greeting: 500, command: 1500, data: 60 });
    expect(warnings).toEqual(['SMTP_TIMEOUT_DATA TIMEOUT_TINY']);
  });

  it.each([
    ['noreply@acme.io', { name: 'Acme', address: 'noreply@acme.io' }],
    ['<noreply@acme.io>', { name: 'Acme', address: 'noreply@acme.io' }],
    [
      '"Ann \\"A\\" Lee, Acme" <Ann@acme.io>',
      { name: 'Ann "A" Lee, Acme', address: 'ann@acme.io' },
    ],
    ['Ann Lee <ann@acme.io>', { name: 'Ann Lee', address: 'ann@acme.io' }],
    ['"" <noreply@bücher.de>', { name: undefined, address: 'noreply@xn--bcher-kva.de' }],
  ])('sends as %s', (text, sender) => {
    const { smtp } = accepted({ ...server, APP_NAME: 'Acme', SMTP_SENDER: text });
    expect(smtp?.sender).toEqual(sender);
  });

  it.each([
    ['https://app.acme.io/gate', 'app.acme.io'],
    ['https://192.0.2.7', '[192.0.2.7]'],
    ['https://[2001:db8::7]', '[IPv6:2001:db8::7]'],
  ])('is greeted with the host of %s', (url, name) => {
    expect(accepted({ ...server, ADMIN_WEB_URL: url }).smtp?.ehloName).toBe(name);
  });

  it.each(['localhost', '127.8.8.8', '::1', 'mail.localhost'])(
    'on %s may get a password in clear text, and needs no TLS',
    (host) => {
      const local = { ...account, SMTP_HOST: host, SMTP_TLS: 'off' };
      const clear = accepted({ ...local, SMTP_OPPORTUNISTIC_TLS: 'off' }).smtp;
      expect(clear).toMatchObject({ host, security: 'clear', requireTls: false });
      expect(accepted({ ...server, SMTP_HOST: host }).smtp?.requireTls).toBe(false);
      expect(accepted(local).smtp).toMatchObject({ security: 'starttls', requireTls: true });
      expect(accepted({ ...local, SMTP_REQUIRE_TLS: '0' }).smtp?.requireTls).toBe(false);
    },
  );

  it('elsewhere gets one in clear text only when that is allowed by name', () => {
    const allowed = { ...account, SMTP_ALLOW_PLAINTEXT_AUTH: 'true' };
    expect(accepted({ ...allowed, SMTP_OPPORTUNISTIC_TLS: 'false' }).smtp?.security).toBe('clear');
    expect(accepted({ ...allowed, SMTP_REQUIRE_TLS: 'false' }).smtp?.requireTls).toBe(false);
    expect(accepted(allowed).smtp?.requireTls).toBe(true);
  });

  it('takes a protocol floor or a cipher list', () => {
    const tlsOf = (spec: string) => accepted({ ...server, SMTP_CIPHER_SPEC: spec }).smtp?.tls;
    expect(tlsOf('TLSv1.3')).toMatchObject({ minVersion: 'TLSv1.3', ciphers: undefined });
    expect(tlsOf('ECDHE+AESGCM')).toMatchObject({ minVersion: 'TLSv1.2', ciphers: 'ECDHE+AESGCM' });
  });

  it.each<[Env, string]>([
    [{ SMTP_CIPHER_SPEC: 'SSLv3' }, 'SMTP_CIPHER_SPEC CIPHER_SPEC_MISREAD'],
    [{ SMTP_TLS_INSECURE: 'true' }, 'SMTP_TLS_INSECURE TLS_INSECURE'],
    [{ SMTP_HOST: ' mail.acme.io\r' }, 'SMTP_HOST HOST_WHITESPACE'],
    [{ SMTP_HOST: 'mail.example.org' }, 'SMTP_HOST PLACEHOLDER_VALUE'],
    [{ SMTP_PASSWORD: 'Sesame-0pen\n' }, 'SMTP_PASSWORD PASSWORD_WHITESPACE'],
    [{ SMTP_PASSWORD: 'Sesame%230pen' }, 'SMTP_PASSWORD PASSWORD_PERCENT_ENCODED'],
    [{ SECRET_KEY: 'ab'.repeat(32) }, 'SECRET_KEY SECRET_KEY_WEAK'],
    [{ APP_NAME: ' Acme ' }, 'APP_NAME VALUE_WHITESPACE'],
    [{ ROLE: 'api' }, 'ROLE NOTHING_DELIVERS'],
    [{ smtp_port: '25' }, 'smtp_port SETTING_UNKNOWN'],
    [{ STMP_PORT: '25' }, 'STMP_PORT SETTING_UNKNOWN'],
    [{ MAIL_REDIRCT_TO: 'ada@acme.io' }, 'MAIL_REDIRCT_TO SETTING_UNKNOWN'],
    [{ ADMIN_WEB_URI: 'https://acme.io' }, 'ADMIN_WEB_URI SETTING_UNKNOWN'],
  ])('warns of %o', (env, warning) => {
    expect(accepted({ ...account, ...env }).warnings).toEqual([warning]);
  });

  it('that is not named makes the rest useless, which is said', () => {
    const { smtp, warnings } = accepted({ SMTP_PORT: '587' });
    expect(smtp).toBeUndefined();
    expect(warnings).toEqual(['SMTP_HOST HOST_MISSING']);
  });

  it('ignores what belongs to other programs', () => {
    const others = {
      MAIL: '/var/mail/ada',
      HOST: 'laptop',
      HTTP_PROXY: 'http://p',
      MAIL_HOST: 'x',
    };
    expect(accepted({ ...server, ...others }).warnings).toEqual([]);
  });
});

describe('SMTP_URL', () => {
  const from = { SMTP_SENDER: 'noreply@acme.io' };

  it('percent-decodes user and password', () => {
    const url = 'smtps://ada%40acme.io:p%40ss%2Fw%23rd%25@mail.acme.io';
    const { smtp, warnings } = accepted({ ...from, SMTP_URL: url });
    expect(warnings).toEqual([]);
    expect(smtp).toMatchObject({
      host: 'mail.acme.io',
      port: 465,
      security: 'implicit-tls',
      auth: { username: 'ada@acme.io', password: 'p@ss/w#rd%' },
    });
  });

  it('without a user is a relay without sign-in', () => {
    expect(accepted({ ...from, SMTP_URL: 'smtp://mail.acme.io' }).smtp).toMatchObject({
      port: 587,
      security: 'starttls',
      requireTls: true,
      auth: { username: undefined, password: undefined },
    });
  });

  it('takes an IPv6 address and a port', () => {
    const { smtp } = accepted({ ...from, SMTP_URL: 'smtp://[::1]:1025' });
    expect(smtp).toMatchObject({ host: '::1', port: 1025, requireTls: false });
  });
});

describe('.env and files', () => {
  it('are read with Windows line ends, a byte order mark and comments', () => {
    const lines = ['\ufeff# our settings', 'export PORT=8080 # HTTP', "APP_NAME='Acme #1'", ''];
    const { settings, warnings } = accepted({}, lines.join('\r\n'));
    expect(settings).toMatchObject({ port: 8080, appName: 'Acme #1' });
    expect(warnings).toEqual([]);
  });

  it('a sender with a name may stand in .env as mail programs write it', () => {
    const { smtp } = accepted({}, 'SMTP_HOST=mail.acme.io\nSMTP_SENDER="Acme" <noreply@acme.io>\n');
    expect(smtp?.sender).toEqual({ name: 'Acme', address: 'noreply@acme.io' });
  });

  it('the environment wins over .env', () => {
    expect(accepted({ PORT: '8081' }, 'PORT=8080\nAPP_NAME=Acme').settings).toMatchObject({
      port: 8081,
      appName: 'Acme',
    });
    // An empty one there unsets it, as `PORT= npm start` says.
    expect(accepted({ PORT: '' }, 'PORT=8080').settings.port).toBe(3000);
  });

  it('.env need not exist', () => {
    const result = loadConfiguration({ env: {}, dotenvPath: join(directory, 'nothing', '.env') });
    expect(result.ok).toBe(true);
  });

  it('an empty value is as good as none', () => {
    const env = { PORT: '', SMTP_PASSWORD: '', SMTP_URL: '', MAIL_ALLOW_TO: ' ' };
    expect(accepted(env)).toEqual(accepted({}));
  });

  it.each([
    ['Sesame-0pen\n', 'Sesame-0pen', []],
    ['Sesame-0pen\r\n', 'Sesame-0pen', []],
    ["'Sesame-0pen'", "'Sesame-0pen'", []],
    ['Sesame-0pen\n\n', 'Sesame-0pen\n', ['SMTP_PASSWORD PASSWORD_WHITESPACE']],
  ])('a file with %j holds %j', (content, password, warnings) => {
    const result = accepted({
      ...server,
      SMTP_USERNAME: 'ada',
      SMTP_PASSWORD_FILE: file(content),
    });
    expect(result.smtp?.auth.password).toBe(password);
    expect(result.warnings).toEqual(warnings);
  });

  it('a footer may have more than one line', () => {
    const { smtp } = accepted({ ...server, SMTP_FOOTER_FILE: file('Acme Ltd\nLondon\n') });
    expect(smtp?.footer).toBe('Acme Ltd\nLondon');
  });
});
