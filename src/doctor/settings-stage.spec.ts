import { resolveSmtpSettings, settingAliases, smtpSchema } from '#mailer-config';
import {
  descriptionsOf,
  type FaultCode,
  faultCodes,
  readEnvironment,
  readSettings,
  SettingNames,
  settingsSchema,
} from '#settings';
import { isCauseCode } from './causes.js';
import { isForeignFreemail } from './freemail.js';
import type { Finding } from './report.js';
import { judgeSettings } from './settings-stage.js';
import type { JudgedSettings } from './walk.js';

type Env = Record<string, string>;

const server: Env = { SMTP_HOST: 'mail.acme.io', SMTP_SENDER: 'noreply@acme.io' };
const account: Env = { ...server, SMTP_USERNAME: 'ada@acme.io', SMTP_PASSWORD: 'Sesame-0pen' };
const context = {
  production: false,
  role: 'all',
  skipUserVerification: false,
  appName: 'Acme',
  adminWebUrl: 'https://app.acme.io',
} as const;

/** The settings stage as the command runs it. */
function stage(env: Env): JudgedSettings {
  const names = new SettingNames(descriptionsOf([settingsSchema, smtpSchema]), settingAliases);
  const { environment, findings } = readEnvironment({ env }, names);
  names.judge(environment, findings);
  const given = readSettings(smtpSchema, environment, findings);
  const smtp = resolveSmtpSettings(given, context, environment, findings);
  const { faults, warnings } = findings;
  return judgeSettings({ environment, faults, warnings, smtp });
}

function only(env: Env): Finding {
  const { findings } = stage(env);
  expect(findings.map(({ code }) => code)).toHaveLength(1);
  return findings[0]!;
}

const google = { ...account, SMTP_HOST: 'smtp.gmail.com' };
const amazon = {
  ...account,
  SMTP_HOST: 'email-smtp.eu-west-1.amazonaws.com',
  SMTP_USERNAME: 'AKIA234567ABCDEFGHIJ',
};
const sendgrid = { ...account, SMTP_HOST: 'smtp.sendgrid.net', SMTP_USERNAME: 'apikey' };
const postmark = { ...account, SMTP_HOST: 'smtp.postmarkapp.com' };
const brevo = { ...account, SMTP_HOST: 'smtp-relay.brevo.com' };
const resend = { ...account, SMTP_HOST: 'smtp.resend.com', SMTP_USERNAME: 'resend' };
const token = '1b3e5f70-9a2c-4d6e-8f01-23456789abcd';

describe('Every fault that an SMTP setting can have', () => {
  const others: FaultCode[] = ['SECRET_KEY_WEAK', 'VERIFICATION_SKIPPED', 'NOTHING_DELIVERS'];
  const codes = Object.keys(faultCodes) as FaultCode[];

  it.each(codes.filter((code) => !others.includes(code)))('%s is a cause', (code) => {
    expect(isCauseCode(code)).toBe(true);
  });
});

describe('A fault becomes a finding', () => {
  it('that says which value is wrong, why, and what to write', () => {
    expect(only({ ...account, SMTP_HOST: 'smtps://mail.acme.io' })).toMatchObject({
      code: 'HOST_HAS_SCHEME',
      severity: 'error',
      stage: 'settings',
      confidence: 'certain',
      settings: ['SMTP_HOST'],
      marks: {
        SMTP_HOST: 'This is a URL, but a host name is wanted here: the scheme is said by SMTP_TLS.',
      },
      fix: { applicability: 'likely', set: { SMTP_HOST: 'mail.acme.io' }, steps: [] },
    });
  });

  it('with the advice of the configuration where no value follows from it', () => {
    expect(only({ ...account, SMTP_TLS: 'ture' })).toMatchObject({
      code: 'BOOLEAN_SPELLING',
      settings: ['SMTP_TLS'],
      fix: { set: {}, steps: ['Write SMTP_TLS=true or SMTP_TLS=false.'] },
    });
  });

  it('whose advice is not said twice, in settings and in words', () => {
    expect(only({ ...account, SMTP_CIPHER_SPEC: 'TLS1.2' })).toMatchObject({
      code: 'CIPHER_SPEC_INVALID',
      fix: { unset: ['SMTP_CIPHER_SPEC'], steps: [] },
    });
  });

  it('that marks the settings that are there, and no others', () => {
    const flags = { SMTP_TLS: 'true', SMTP_OPPORTUNISTIC_TLS: 'true' };
    const both = { ...account, ...flags, SMTP_PORT: '587' };
    expect(only(both)).toMatchObject({
      code: 'BOTH_TLS_FLAGS',
      settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
      fix: { set: { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'true' } },
    });
    expect(only({ ...account, SMTP_PORT: '465', SMTP_TLS: 'false' }).settings).toEqual([
      'SMTP_TLS',
    ]);
  });

  it('and advises no setting that is not read beside SMTP_URL', () => {
    const url = { SMTP_SENDER: 'noreply@acme.io', SMTP_URL: 'smtps://a:b@mail.acme.io:587' };
    const { code, title, fix } = only(url);
    expect(code).toBe('TLS_MODE_IMPLICIT_ON_PLAIN');
    expect(title).toMatch(/^smtps:\/\/ in SMTP_URL/);
    expect(fix).toMatchObject({ set: {}, unset: [], alternatives: [] });
    expect(fix.steps[0]).toMatch(/^Write SMTP_URL=smtp:/);
  });

  it('also for a name that is none, whoever it was meant to be', () => {
    expect(only({ ...server, SMTP_PASWORD: 'Sesame-0pen' })).toMatchObject({
      code: 'SETTING_UNKNOWN',
      title: 'No setting is called SMTP_PASWORD, and nobody reads it',
      fix: { steps: ['Did you mean SMTP_PASSWORD? Write that name instead.'] },
    });
    const { SMTP_HOST: _, ...rest } = account;
    expect(stage({ ...rest, STMP_HOST: 'mail.acme.io' }).findings).toEqual(
      expect.arrayContaining([expect.objectContaining({ code: 'SETTING_UNKNOWN' })]),
    );
  });

  it('unless it is about something else than mail', () => {
    expect(stage({ ...account, POSTGRES_URL: 'postgres://db' }).findings).toEqual([]);
  });

  it('as a remark where only a convention speaks against it and there is a plan', () => {
    const env = { ...account, SMTP_PORT: '587', SMTP_TLS: 'true' };
    const names = new SettingNames(descriptionsOf([settingsSchema, smtpSchema]), settingAliases);
    const judged = (given: Env) => {
      const { environment, findings } = readEnvironment({ env: given }, names);
      const smtp = resolveSmtpSettings(
        readSettings(smtpSchema, environment, findings),
        context,
        environment,
        findings,
      );
      return { environment, smtp, ...findings };
    };
    const { faults, environment } = judged(env);
    const { smtp } = judged({ ...env, SMTP_TLS_ANY_PORT: 'true' });
    const read = { environment, faults, warnings: [] };
    const severity = (plan: typeof smtp) =>
      judgeSettings({ ...read, smtp: plan }).findings.map((finding) => finding.severity);
    expect(severity(smtp)).toEqual(['warning']);
    expect(severity(undefined)).toEqual(['error']);
  });
});

describe('A healthy account', () => {
  it.each([
    ['of its own', account],
    ['without sign-in', server],
    ['at Google', { ...google, SMTP_PASSWORD: 'abcdefghijklmnop', SMTP_USERNAME: 'a@gmail.com' }],
    ['at Amazon SES', { ...amazon, SMTP_PASSWORD: `BN${'a1+/'.repeat(10)}xy` }],
    ['at SendGrid', { ...sendgrid, SMTP_PASSWORD: `SG.${'a'.repeat(22)}.${'b_-'.repeat(14)}c` }],
    ['at Postmark', { ...postmark, SMTP_USERNAME: token, SMTP_PASSWORD: token }],
    ['at Postmark by stream', { ...postmark, SMTP_USERNAME: 'PM-T-out-1', SMTP_PASSWORD: 'x' }],
    ['at Brevo', { ...brevo, SMTP_PASSWORD: 'xsmtpsib-0123' }],
    ['at Resend', { ...resend, SMTP_PASSWORD: 're_abc_DEF' }],
    ['at Mailtrap', { ...account, SMTP_HOST: 'live.smtp.mailtrap.io', SMTP_USERNAME: 'api' }],
  ])('%s has no finding', (_, env) => {
    const { findings, plan } = stage(env);
    expect(findings).toEqual([]);
    expect(plan).toBeDefined();
  });
});

describe('What is told by its form alone', () => {
  const rows: [title: string, env: Env, code: string, mark: Record<string, unknown>][] = [
    [
      'an account password at Google',
      google,
      'PASSWORD_FORM',
      { SMTP_PASSWORD: 'An app password of Google has 16 lower-case letters, without blanks.' },
    ],
    [
      'an app password with the blanks of the page',
      { ...google, SMTP_PASSWORD: 'abcd efgh ijkl mnop' },
      'PASSWORD_FORM',
      { SMTP_PASSWORD: expect.stringContaining('only for reading') },
    ],
    [
      'a secret access key at Amazon SES',
      { ...amazon, SMTP_PASSWORD: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY' },
      'PASSWORD_FORM',
      { SMTP_PASSWORD: expect.stringContaining('secret access key of IAM') },
    ],
    [
      'a mail address as user name of Amazon SES',
      { ...amazon, SMTP_USERNAME: 'ada@acme.io' },
      'USERNAME_FORM',
      { SMTP_USERNAME: expect.stringContaining('AKIA') },
    ],
    ['a password at SendGrid', sendgrid, 'PASSWORD_FORM', { SMTP_PASSWORD: expect.any(String) }],
    [
      'the API key of Brevo',
      { ...brevo, SMTP_PASSWORD: 'xkeysib-0123' },
      'PASSWORD_FORM',
      { SMTP_PASSWORD: expect.stringContaining('This is the API key') },
    ],
    ['a password at Resend', resend, 'PASSWORD_FORM', { SMTP_PASSWORD: expect.any(String) }],
    [
      'two tokens at Postmark',
      { ...postmark, SMTP_USERNAME: token, SMTP_PASSWORD: token.replace('1', '2') },
      'PASSWORD_FORM',
      { SMTP_PASSWORD: 'Postmark wants the same token in both settings.' },
    ],
    [
      'another user name than the word of SendGrid',
      {
        ...sendgrid,
        SMTP_USERNAME: 'ada',
        SMTP_PASSWORD: `SG.${'a'.repeat(22)}.${'b'.repeat(43)}`,
      },
      'USERNAME_FORM',
      { SMTP_USERNAME: expect.stringContaining('the word apikey') },
    ],
    [
      'another user name than the word of SparkPost',
      { ...account, SMTP_HOST: 'smtp.sparkpostmail.com' },
      'USERNAME_FORM',
      { SMTP_USERNAME: expect.stringContaining('SMTP_Injection') },
    ],
    [
      'a password at Microsoft 365',
      { ...account, SMTP_HOST: 'smtp.office365.com' },
      'M365_BASIC_AUTH_OFF',
      { SMTP_PASSWORD: expect.stringContaining('December 2026') },
    ],
    [
      'a sender of Gmail through another provider',
      { ...account, SMTP_SENDER: 'acme@gmail.com' },
      'SENDER_FREEMAIL',
      { SMTP_SENDER: expect.stringContaining('gmail.com') },
    ],
  ];

  it.each(rows)('%s is a warning, said once', (_, env, code, marks) => {
    expect(only(env)).toMatchObject({ code, severity: 'warning', marks });
  });

  it('is no second warning where white space is all that is wrong', () => {
    const { code } = only({ ...google, SMTP_PASSWORD: 'abcdefghijklmnop ' });
    expect(code).toBe('PASSWORD_WHITESPACE');
  });

  it('for one fixed user name is that word', () => {
    const { fix } = only({ ...resend, SMTP_USERNAME: 'ada', SMTP_PASSWORD: 're_abc' });
    expect(fix.set).toEqual({ SMTP_USERNAME: 'resend' });
  });

  it('says nothing that is in a secret', () => {
    const secrets = [
      stage({ ...google, SMTP_PASSWORD: ' Sesame-0pen' }),
      stage({ ...postmark, SMTP_USERNAME: token, SMTP_PASSWORD: 'Sesame-0pen' }),
      stage({ ...server, SMTP_URL: 'smtps://ada:Sesame-0pen@mail.acme.io:587' }),
      stage({ ...server, SMTP_HOST: 'smtps://ada:Sesame-0pen@mail.acme.io' }),
      stage({ ...server, SMTP_PASWORD: 'Sesame-0pen' }),
      stage({ ...account, SMTP_PASSWORD: 'Sesame\u200b-0pen' }),
    ];
    const shown = JSON.stringify(secrets.map(({ findings, settings }) => ({ findings, settings })));
    expect(shown).not.toMatch(/Sesame|0pen|9a2c/);
  });
});

describe('Free mail', () => {
  it.each([
    ['a@gmail.com', 'smtp.sendgrid.net', true],
    ['a@gmail.com', 'smtp-relay.gmail.com', false],
    ['a@gmail.com', 'smtp.notgmail.com', true],
    ['a@yahoo.co.jp', 'mail.acme.io', true],
    ['a@hotmail.com', 'smtp-mail.outlook.com', false],
    ['a@notgmail.com', 'mail.acme.io', false],
    ['a@acme.io', 'smtp.gmail.com', false],
  ])('%s through %s is %s', (sender, host, foreign) => {
    expect(isForeignFreemail(sender, host)).toBe(foreign);
  });

  it('through a server on this machine, which sends nothing on, is no matter', () => {
    expect(stage({ SMTP_HOST: '127.0.0.1', SMTP_SENDER: 'a@gmail.com' }).findings).toEqual([]);
  });
});

describe('The settings in the report', () => {
  it('are those of SMTP in their order, with how they were read, and no secret', () => {
    const { settings } = stage({ ...account, SMTP_TLS: 'No', PORT: '3000', SMTP_PASSWORD: 'a b ' });
    expect(settings).toEqual([
      { name: 'SMTP_HOST', source: null, value: 'mail.acme.io' },
      { name: 'SMTP_USERNAME', source: null, value: 'ada@acme.io' },
      {
        name: 'SMTP_PASSWORD',
        source: null,
        secret: true,
        length: 4,
        remarks: ['ends in white space'],
      },
      { name: 'SMTP_TLS', source: null, value: 'No', readAs: false },
      { name: 'SMTP_SENDER', source: null, value: 'noreply@acme.io' },
    ]);
  });
});

it('is quick, without a packet', () => {
  const env = { ...google, SMTP_TLS: 'No', SMTP_PORT: '587' };
  stage(env);
  const times = Array.from({ length: 20 }, () => {
    const began = performance.now();
    stage(env);
    return performance.now() - began;
  }).toSorted((a, b) => a - b);
  const [median = 0, slowest = 0] = [times[10], times[19]];
  console.log(
    `settings stage with reading: median ${median.toFixed(2)} ms, slowest ${slowest.toFixed(2)} ms`,
  );
  expect(median).toBeLessThan(50);
});
