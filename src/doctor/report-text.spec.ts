import type { Situation } from './cause.js';
import { causeCodes } from './causes.js';
import { findingOf } from './finding.js';
import { notReached, type Report, type ReportedSetting } from './report.js';
import { reportText } from './report-text.js';

const example: Situation = { host: 'smtp.example.com', port: 587, mode: 'implicit' };

function report(more: Partial<Report>): Report {
  return {
    schema: 'smtp-doctor/1',
    ok: false,
    exitCode: 4,
    startedAt: '2026-11-20T14:02:11.000Z',
    durationMs: 412,
    target: {
      host: 'smtp.example.com',
      port: 587,
      mode: 'implicit',
      provider: null,
      address: '203.0.113.25',
      auth: 'password',
      recipient: null,
    },
    settings: [],
    stages: [],
    findings: [],
    transcript: [],
    ...more,
  };
}

const passed = (id: Report['stages'][number]['id'], ms: number, text: string) =>
  ({ id, status: 'passed', ms, evidence: [{ kind: 'probe', text }] }) as const;
const failed = (id: Report['stages'][number]['id'], ms: number, text: string) =>
  ({ id, status: 'failed', ms, evidence: [{ kind: 'probe', text }] }) as const;
const skipped = (id: Report['stages'][number]['id'], reason: string) =>
  ({ id, status: 'skipped', ms: 0, evidence: [], reason }) as const;

const wrongMode = report({
  settings: [
    { name: 'SMTP_HOST', value: 'smtp.example.com', source: '.env:12' },
    { name: 'SMTP_PORT', value: '587', source: '.env:13' },
    { name: 'SMTP_TLS', value: 'true', source: '.env:14' },
  ],
  stages: [
    passed('settings', 0, '9 values read, 1 remark'),
    passed('dns', 11, 'smtp.example.com -> 203.0.113.25'),
    passed('tcp', 18, 'connected'),
    failed('tls', 20, 'the server speaks plain text on this port'),
    skipped('ehlo', notReached('tls')),
    skipped('auth', notReached('tls')),
    skipped('message', notReached('tls')),
  ],
  findings: [
    findingOf('TLS_MODE_IMPLICIT_ON_PLAIN', example, {
      stage: 'tls',
      confidence: 'certain',
      marks: { SMTP_TLS: 'starts TLS at once; this server greets first' },
      evidence: [
        { kind: 'banner', text: '220 mx1.example.com ESMTP Postfix', ms: 20 },
        {
          kind: 'probe',
          text: 'plain start, then STARTTLS: TLSv1.3, certificate valid until 2027-02-11 for smtp.example.com, AUTH PLAIN LOGIN offered',
        },
      ],
      node: {
        code: 'ESOCKET',
        originalCode: 'ERR_SSL_WRONG_VERSION_NUMBER',
        message: 'wrong version number',
      },
      fix: {
        applicability: 'verified',
        alternatives: [
          {
            applicability: 'verified',
            summary: 'keep SMTP_TLS=true and use SMTP_PORT=465, which answers with TLS here',
            set: { SMTP_PORT: '465' },
          },
        ],
      },
    }),
  ],
});

const google: Situation = {
  host: 'smtp.gmail.com',
  port: 587,
  mode: 'starttls',
  provider: 'Gmail',
  username: 'someone@gmail.com',
};

const refusedSignIn = report({
  durationMs: 1900,
  exitCode: 6,
  target: { ...wrongMode.target!, host: 'smtp.gmail.com', provider: 'Gmail', mode: 'starttls' },
  settings: [
    { name: 'SMTP_HOST', value: 'smtp.gmail.com', source: null },
    { name: 'SMTP_USERNAME', value: 'someone@gmail.com', source: null },
    { name: 'SMTP_PASSWORD', secret: true, length: 11, remarks: [], source: null },
  ],
  stages: [
    passed('settings', 0, '3 values read'),
    passed('dns', 9, 'smtp.gmail.com -> 2 addresses'),
    passed('tcp', 14, 'connected'),
    passed('tls', 98, 'STARTTLS, TLSv1.3, certificate of smtp.gmail.com'),
    passed('ehlo', 60, 'AUTH LOGIN PLAIN XOAUTH2'),
    skipped('oauth2', 'signs in with a password'),
    failed('auth', 1700, '535 5.7.8 from smtp.gmail.com'),
  ],
  findings: [
    findingOf('GMAIL_APP_PASSWORD', google, {
      stage: 'auth',
      confidence: 'likely',
      marks: {
        SMTP_PASSWORD:
          'looks like the account password; Google takes only app passwords (16 letters) over SMTP',
      },
      evidence: [
        {
          kind: 'note',
          text: 'one attempt was made; more would trigger 454 "Too many login attempts"',
        },
      ],
      server: {
        code: 535,
        enhancedCode: '5.7.8',
        lines: [
          '5.7.8 Username and Password not accepted.',
          '5.7.8 https://support.google.com/mail/?p=BadCredentials',
        ],
      },
    }),
  ],
});

const amazon: Situation = {
  host: 'email-smtp.eu-west-1.amazonaws.com',
  port: 587,
  mode: 'starttls',
  provider: 'Amazon SES',
  sender: 'noreply@example.com',
  spfInclude: 'amazonses.com',
};

const sandbox = report({
  durationMs: 2400,
  exitCode: 7,
  target: {
    ...wrongMode.target!,
    host: amazon.host,
    provider: 'Amazon SES',
    mode: 'starttls',
    recipient: 'admin@example.org',
  },
  stages: [
    passed('auth', 90, 'PLAIN'),
    passed('envelope', 41, 'sender and recipient are taken'),
    failed('message', 310, '554 after DATA, to admin@example.org'),
  ],
  findings: [
    findingOf('PROVIDER_SANDBOX', amazon, {
      stage: 'message',
      confidence: 'certain',
      evidence: [
        {
          kind: 'probe',
          text: 'the refused identity is the RECIPIENT; your sender noreply@example.com passed',
        },
        {
          kind: 'note',
          text: 'logging in and MAIL FROM succeeded, so transporter.verify() says true; every registration mail to a stranger would be lost',
        },
      ],
      server: {
        code: 554,
        enhancedCode: null,
        lines: [
          'Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: admin@example.org',
        ],
      },
    }),
    findingOf('SPF_EXCLUDES_RELAY', amazon, { stage: 'delivery', confidence: 'likely' }),
  ],
});

const gmailPage = 'https://support.google.com/mail/?p=BadCredentials';

describe('A report for people', () => {
  it('names a wrong mode with the line of .env and the proven cure', () => {
    expect(reportText(wrongMode, { colour: false })).toBe(
      `smtp doctor  smtp.example.com:587                                     412 ms

  ok    settings   9 values read, 1 remark
  ok    dns        smtp.example.com -> 203.0.113.25                    11 ms
  ok    tcp        connected                                           18 ms
  FAIL  tls        the server speaks plain text on this port           20 ms

error[TLS_MODE_IMPLICIT_ON_PLAIN]: SMTP_TLS=true, but port 587 starts in plain
text
  --> .env:14
   |
13 | SMTP_PORT=587
14 | SMTP_TLS=true
   |          ^^^^ starts TLS at once; this server greets first
   |
   = seen: "220 mx1.example.com ESMTP Postfix" 20 ms after connecting
   = tried: plain start, then STARTTLS: TLSv1.3, certificate valid until
     2027-02-11 for smtp.example.com, AUTH PLAIN LOGIN offered
   = note: Node calls this ERR_SSL_WRONG_VERSION_NUMBER, "wrong version number"

help: use STARTTLS on this port                         (verified, not guessed)
   |
14 - SMTP_TLS=true
14 + SMTP_TLS=false
15 + SMTP_OPPORTUNISTIC_TLS=true

  or keep SMTP_TLS=true and use SMTP_PORT=465, which answers with TLS here.

  not reached: ehlo, auth, message
  1 error, 0 warnings
  doctor explain TLS_MODE_IMPLICIT_ON_PLAIN | doctor --json | --transcript`,
    );
  });

  it('names a refused password, and how to get the right one', () => {
    expect(reportText(refusedSignIn, { colour: false })).toBe(
      `smtp doctor  smtp.gmail.com:587 (Gmail)                                1.9 s

  ok    settings   3 values read
  ok    dns        smtp.gmail.com -> 2 addresses                        9 ms
  ok    tcp        connected                                           14 ms
  ok    tls        STARTTLS, TLSv1.3, certificate of smtp.gmail.com    98 ms
  ok    ehlo       AUTH LOGIN PLAIN XOAUTH2                            60 ms
  -     oauth2     signs in with a password
  FAIL  auth       535 5.7.8 from smtp.gmail.com                       1.7 s

error[GMAIL_APP_PASSWORD]: Google refused this password for someone@gmail.com
   |
   | SMTP_USERNAME=someone@gmail.com
   | SMTP_PASSWORD=******** (11 characters)
   |               ^^^^^^^^ looks like the account password; Google takes only
   |                        app passwords (16 letters) over SMTP
   |
   = server: 535-5.7.8 Username and Password not accepted.
             535 5.7.8 ${gmailPage}
   = note: one attempt was made; more would trigger 454 "Too many login
     attempts"

help: make an app password                                             (likely)
   1. Switch on 2-step verification for the account.
   2. Open https://myaccount.google.com/apppasswords and make one for this
      service.
   3. SMTP_PASSWORD=abcdefghijklmnop (without the blanks Google shows)
   4. Workspace account: your admin may forbid app passwords; then use OAuth2.

  1 error, 0 warnings
  doctor explain GMAIL_APP_PASSWORD | doctor --json | --transcript`,
    );
  });

  it('names a sandbox, which no setting cures, and what else is amiss', () => {
    expect(reportText(sandbox, { colour: false })).toBe(
      `smtp doctor  email-smtp.eu-west-1.amazonaws.com:587 (Amazon SES)       2.4 s

  ok    auth       PLAIN                                               90 ms
  ok    envelope   sender and recipient are taken                      41 ms
  FAIL  message    554 after DATA, to admin@example.org               310 ms

error[PROVIDER_SANDBOX]: Amazon SES is still in its sandbox: it sends only to
verified recipients
   |
   = tried: the refused identity is the RECIPIENT; your sender
     noreply@example.com passed
   = server: 554 Message rejected: Email address is not verified. The following
             identities failed the check in region EU-WEST-1: admin@example.org
   = note: logging in and MAIL FROM succeeded, so transporter.verify() says
     true; every registration mail to a stranger would be lost

help: no SMTP_* setting is wrong                                       (manual)
   1. SES console, region eu-west-1, “Request production access”.
   2. Until then: doctor --to an address that is verified in the same place.

warning[SPF_EXCLUDES_RELAY]: The SPF record of example.com does not name
amazonses.com

  1 error, 1 warning
  doctor explain PROVIDER_SANDBOX | doctor --json | --transcript`,
    );
  });
});

describe('A good report', () => {
  const good = report({
    ok: true,
    exitCode: 0,
    stages: [passed('dns', 4, 'smtp.example.com -> 203.0.113.25')],
  });

  it('says that nothing was sent, and how to send', () => {
    expect(reportText(good, { colour: false })).toMatch(
      /\n\nNo mail was sent\. [^]* doctor --to ADDRESS sends one and shows it\.$/,
    );
  });

  it('says what acceptance does not prove', () => {
    const target = { ...good.target!, recipient: 'grace@acme.io' };
    const reply = { kind: 'reply', text: '250 2.0.0 Ok: queued as 4F1A2B' } as const;
    const message = { ...passed('message', 90, 'handed over'), evidence: [reply] };
    expect(reportText({ ...good, target, stages: [message] }, { colour: false })).toMatch(
      /The server accepted the test mail \(250 2\.0\.0 Ok: queued as 4F1A2B\)\. Acceptance\nis not delivery: look into the inbox and the spam folder of grace@acme\.io\.$/,
    );
  });
});

describe('Whatever is found', () => {
  const long: Situation = {
    ...amazon,
    username: 'ada@acme.io',
    sender: `a@${'b'.repeat(30)}.example`,
  };
  const settings: ReportedSetting[] = [
    { name: 'SMTP_HOST', value: amazon.host, source: '.env:3' },
    {
      name: 'SMTP_PASSWORD',
      secret: true,
      length: 12,
      remarks: ['ends in white space'],
      source: '.env:104',
    },
    { name: 'SMTP_CIPHER_SPEC', value: 'SSLv3', source: null },
    { name: 'SMTP_OAUTH2_CLIENT_SECRET', secret: true, length: 3, source: '/run/secrets/oauth2' },
  ];
  const words = 'is not what is wanted here, for reasons that take more than a line to be told';
  const reportOf = (code: (typeof causeCodes)[number]): Report => {
    const marks = Object.fromEntries(settings.map(({ name }) => [name, words]));
    const names = settings.map(({ name }) => name);
    const finding = findingOf(code, long, {
      stage: 'auth',
      severity: 'error',
      confidence: 'certain',
      settings: names,
      marks,
    });
    return report({ settings, findings: [finding, { ...finding, severity: 'warning' }] });
  };

  it.each(causeCodes)('%s fits into 80 columns, and shows no undefined value', (code) => {
    const text = reportText(reportOf(code), { colour: false });
    for (const line of text.split('\n'))
      if (!/\S{60}|^\s*\d* [-+] /.test(line)) expect(line.length).toBeLessThanOrEqual(80);
    expect(text).not.toMatch(/undefined|null|NaN|\[object|[^\P{Cc}\n]/u);
    expect(text).not.toMatch(/[ \t]$/m);
  });

  it('colour changes nothing but colour', () => {
    for (const sample of [wrongMode, refusedSignIn, sandbox]) {
      const coloured = reportText(sample, { colour: true });
      expect(coloured).toContain('\u001b[');
      // eslint-disable-next-line no-control-regex -- the colours themselves
      const stripped = coloured.replace(/\u001b\[[\d;]*m/g, '');
      expect(stripped).toBe(reportText(sample, { colour: false }));
    }
  });

  it('a wrong secret is taken out of its line without being shown', () => {
    const fix = { unset: ['SMTP_PASSWORD'] };
    const { findings: _, ...rest } = reportOf('OK');
    const finding = findingOf('M365_BASIC_AUTH_OFF', long, {
      stage: 'auth',
      confidence: 'certain',
      fix,
    });
    const text = reportText({ ...rest, findings: [finding] }, { colour: false });
    expect(text).toContain('\n104 - SMTP_PASSWORD=********\n');
    expect(text).toContain('SMTP_PASSWORD=******** (12 characters, ends in white space)');
  });
});
