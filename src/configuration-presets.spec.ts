import { providerPresets } from '#mailer-config';
import { formatFault } from '#settings';
import { loadConfiguration } from './configuration.js';

type Env = Record<string, string | undefined>;

const from: Env = { SMTP_SENDER: 'noreply@acme.io' };
const address: Env = { ...from, SMTP_USERNAME: 'ada@acme.io', SMTP_PASSWORD: 'Sesame-0pen' };

function accepted(env: Env) {
  const result = loadConfiguration({ env });
  if (!result.ok) throw new Error(result.faults.map((fault) => formatFault(fault)).join('\n\n'));
  return { ...result, warnings: result.warnings.map(({ code, setting }) => `${setting} ${code}`) };
}

describe('A preset', () => {
  it.each(providerPresets.map((preset) => [preset.name.replace('REGION', 'eu-west-1'), preset]))(
    '%s and a sender are all that a relay needs',
    (name, preset) => {
      const { smtp, settings, warnings } = accepted({ ...from, SMTP_PROVIDER: String(name) });
      expect(warnings).toEqual([]);
      expect(settings.firstAdminEmail).toBeUndefined();
      expect(smtp).toMatchObject({ requireTls: true, auth: { username: undefined } });
      expect(preset).toMatchObject({ port: smtp?.port, security: smtp?.security });
    },
  );

  it.each([
    ['gmail', 'smtp.gmail.com', 587, 'starttls', 5, undefined, 500],
    ['Microsoft365', 'smtp.office365.com', 587, 'starttls', 3, 30, 10_000],
    ['ses:eu-west-1', 'email-smtp.eu-west-1.amazonaws.com', 587, 'starttls', 5],
    ['ovh', 'ssl0.ovh.net', 465, 'implicit-tls', 5],
    ['mailtrap-sandbox', 'sandbox.smtp.mailtrap.io', 2525, 'starttls', 5],
  ])('%s fills host, port, TLS and limits', (name, host, port, security, ...limits) => {
    const { smtp } = accepted({ ...from, SMTP_PROVIDER: name });
    expect(smtp).toMatchObject({ host, port, security });
    const [maxConnections, maxPerMinute, maxPerDay] = limits;
    expect(smtp).toMatchObject({ maxConnections, maxPerMinute, maxPerDay });
  });

  it('names a server in production as well', () => {
    const { smtp } = accepted({
      ...from,
      SMTP_PROVIDER: 'google-relay',
      NODE_ENV: 'production',
      ADMIN_WEB_URL: 'https://app.acme.io',
      SECRET_KEY: '4f1c9e0d27b86a35f2719ce84d03ba65918e7fc2603bd54a12e89f7063cd5ba1',
    });
    expect(smtp?.host).toBe('smtp-relay.gmail.com');
  });

  it('that is empty is none', () => {
    expect(accepted({ SMTP_PROVIDER: '' })).toEqual(accepted({}));
  });
});

const contradicted = (setting: string): string => `${setting} PRESET_CONTRADICTED`;

describe('Explicit settings win over a preset', () => {
  it.each<[Env, object, string[]]>([
    [{ SMTP_HOST: 'mail.acme.io' }, { host: 'mail.acme.io', port: 587 }, ['SMTP_HOST']],
    [{ SMTP_PORT: '2525' }, { port: 2525, security: 'starttls' }, ['SMTP_PORT']],
    [{ SMTP_PORT: '465' }, { port: 465, security: 'implicit-tls' }, ['SMTP_PORT']],
    [{ SMTP_TLS: 'true' }, { port: 465, security: 'implicit-tls' }, ['SMTP_TLS']],
    [{ SMTP_PORT: '465', SMTP_TLS: 'true' }, { port: 465 }, ['SMTP_PORT']],
    [{ SMTP_OPPORTUNISTIC_TLS: 'false' }, { security: 'clear' }, ['SMTP_OPPORTUNISTIC_TLS']],
    [
      { SMTP_HOST: 'localhost', SMTP_PORT: '1025', SMTP_OPPORTUNISTIC_TLS: 'false' },
      { host: 'localhost', port: 1025, security: 'clear' },
      ['SMTP_HOST', 'SMTP_PORT'],
    ],
  ])('google-relay: %o', (env, expected, settings) => {
    const { smtp, warnings } = accepted({ ...from, SMTP_PROVIDER: 'google-relay', ...env });
    expect(smtp).toMatchObject(expected);
    expect(warnings).toEqual(settings.map(contradicted));
  });

  it.each<[Env, object, string[]]>([
    [{ SMTP_PORT: '587' }, { port: 587, security: 'starttls' }, ['SMTP_PORT']],
    [{ SMTP_TLS: 'false' }, { port: 587, security: 'starttls' }, ['SMTP_TLS']],
    [{ SMTP_OPPORTUNISTIC_TLS: 'true' }, { port: 587 }, ['SMTP_OPPORTUNISTIC_TLS']],
    [{ SMTP_HOST: 'pro1.mail.ovh.net' }, { port: 465, security: 'implicit-tls' }, ['SMTP_HOST']],
    [{ SMTP_OPPORTUNISTIC_TLS: 'false' }, { port: 465, security: 'implicit-tls' }, []],
  ])('ovh: %o', (env, expected, settings) => {
    const { smtp, warnings } = accepted({ ...from, SMTP_PROVIDER: 'ovh', ...env });
    expect(smtp).toMatchObject(expected);
    expect(warnings).toEqual(settings.map(contradicted));
  });

  it('mailtrap-sandbox keeps its port when only STARTTLS is given up', () => {
    const env = { SMTP_PROVIDER: 'mailtrap-sandbox', SMTP_OPPORTUNISTIC_TLS: 'false' };
    expect(accepted({ ...from, ...env }).smtp).toMatchObject({ port: 2525, security: 'clear' });
  });

  it('silently in what the preset says too, and in its limits', () => {
    const { smtp, warnings } = accepted({
      ...from,
      SMTP_PROVIDER: 'microsoft365',
      SMTP_HOST: 'SMTP.office365.com',
      SMTP_PORT: '587',
      SMTP_TLS: 'false',
      SMTP_OPPORTUNISTIC_TLS: 'true',
      SMTP_MAX_CONNECTIONS: '7',
      SMTP_MAX_PER_MINUTE: '60',
      SMTP_MAX_PER_DAY: '20000',
    });
    expect(warnings).toEqual([]);
    expect(smtp).toMatchObject({ maxConnections: 7, maxPerMinute: 60, maxPerDay: 20_000 });
  });

  it('and SMTP_URL may say the same', () => {
    const urls = ['smtp://ada%40acme.io:Sesame-0pen@smtp.gmail.com'];
    for (const url of [...urls, `${urls[0]}:587`]) {
      const { smtp, warnings } = accepted({ ...from, SMTP_PROVIDER: 'gmail', SMTP_URL: url });
      expect(warnings).toEqual([]);
      expect(smtp).toMatchObject({ host: 'smtp.gmail.com', port: 587, maxPerDay: 500 });
      expect(smtp?.auth).toMatchObject({ username: 'ada@acme.io', password: 'Sesame-0pen' });
    }
  });
});

describe('What is known of a provider', () => {
  it.each<[Env, string[]]>([
    [{ SMTP_PROVIDER: 'sendgrid', SMTP_USERNAME: 'apikey' }, []],
    [{ SMTP_PROVIDER: 'mailtrap', SMTP_USERNAME: 'smtp@mailtrap.io' }, []],
    [{ SMTP_HOST: 'smtp.sendgrid.net', SMTP_USERNAME: 'ada' }, ['SMTP_USERNAME USERNAME_FORM']],
    [{ SMTP_PROVIDER: 'gmail', SMTP_USERNAME: 'ada' }, ['SMTP_USERNAME USERNAME_FORM']],
    [{ SMTP_HOST: 'smtp.gmail.com', SMTP_USERNAME: 'ada' }, ['SMTP_USERNAME USERNAME_FORM']],
    [{ SMTP_PROVIDER: 'naver', SMTP_USERNAME: 'ada' }, []],
    // Another server has its own users.
    [
      { SMTP_PROVIDER: 'sendgrid', SMTP_HOST: 'localhost', SMTP_USERNAME: 'ada' },
      ['SMTP_HOST PRESET_CONTRADICTED'],
    ],
    [{ SMTP_PROVIDER: 'microsoft365' }, ['SMTP_PASSWORD M365_BASIC_AUTH_OFF']],
    [{ SMTP_HOST: 'smtp.office365.com' }, ['SMTP_PASSWORD M365_BASIC_AUTH_OFF']],
    [{ SMTP_PROVIDER: 'outlook' }, ['SMTP_PASSWORD M365_BASIC_AUTH_OFF']],
  ])('is told with credentials: %o', (env, warnings) => {
    expect(accepted({ ...address, ...env }).warnings).toEqual(warnings);
  });

  it.each([
    ['smtp://ada:x@smtp.sendgrid.net', 'SMTP_URL=smtp://apikey:…@smtp.sendgrid.net:587.'],
    ['smtp://ada:x@smtp.gmail.com', 'SMTP_URL=smtp://name%40your-domain:…@smtp.gmail.com:587.'],
    [
      'smtp://ada%40acme.io:x@smtp.office365.com',
      'instead of the password; the README has the recipe.',
    ],
  ])('is told for %s as well', (url, advice) => {
    const { warnings } = loadConfiguration({ env: { ...from, SMTP_URL: url } });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]?.instead).toContain(advice);
  });

  it('Microsoft ends passwords, in full', () => {
    const result = loadConfiguration({ env: { ...address, SMTP_PROVIDER: 'microsoft365' } });
    expect(result.warnings.map((warning) => formatFault(warning, 'warning'))).toEqual([
      `warning[M365_BASIC_AUTH_OFF]: SMTP_PASSWORD=******** (11 characters)
  Microsoft switches password sign-in for SMTP off by default at the end of
  December 2026; an administrator can switch it on again, until a day that is
  yet to be announced. OAuth2 stays.
  Write SMTP_AUTH_METHOD=xoauth2 with SMTP_OAUTH2_TOKEN_URL=…,
  SMTP_OAUTH2_CLIENT_ID=… and SMTP_OAUTH2_CLIENT_SECRET=… instead of the
  password; the README has the recipe.`,
    ]);
  });
});
