import { causes, type CauseCode } from './causes.js';
import { diagnoseReply } from './reply-diagnosis.js';
import type { JudgedReply, ReplyStage } from './reply-rule.js';

const google = 'smtp.gmail.com';
const relay = 'smtp-relay.gmail.com';
const microsoft = 'smtp.office365.com';
const amazon = 'email-smtp.eu-west-1.amazonaws.com';
const sendgrid = 'smtp.sendgrid.net';
const own = 'mail.acme.io';

/** Reads `535-5.7.8 …\n535 5.7.8 …`, as servers write it. */
function reply(
  host: string,
  stage: ReplyStage,
  said: string,
  more: Partial<JudgedReply> = {},
): JudgedReply {
  const lines = said.split('\n').map((line) => /^\d{3}[ -](.*)$/.exec(line)?.[1] ?? '');
  const code = Number(said.slice(0, 3));
  return {
    host,
    stage,
    code,
    enhancedCode: /^([245]\.\d+\.\d+)\b/.exec(lines[0] ?? '')?.[1],
    text: lines.join(' '),
    username: 'ada@acme.io',
    sender: 'noreply@example.com',
    recipient: 'admin@example.org',
    tls: true,
    authOffered: ['PLAIN', 'LOGIN'],
    signedIn: stage !== 'auth' && stage !== 'ehlo' && stage !== 'greeting' && stage !== 'tls',
    method: stage === 'auth' ? 'PLAIN' : undefined,
    ...more,
  };
}

type Row = [host: string, ReplyStage, said: string, CauseCode, more?: Partial<JudgedReply>];

const sandbox =
  '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: ';

const ofProviders: Row[] = [
  [
    google,
    'auth',
    '535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials 5b1f17b1804b1-gsmtp',
    'GMAIL_APP_PASSWORD',
  ],
  [
    google,
    'auth',
    '534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9 https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp',
    'GMAIL_APP_PASSWORD',
  ],
  [google, 'auth', '534 5.7.9 https://support.google.com/mail/?p=x - gsmtp', 'GMAIL_APP_PASSWORD'],
  [
    google,
    'auth',
    '534-5.7.14 <https://accounts.google.com/signin/continue?sarp=1> Please log in\n534-5.7.14 via your web browser and then try again.\n534 5.7.14 https://support.google.com/mail/answer/78754 - gsmtp',
    'GMAIL_WEB_LOGIN',
  ],
  [
    google,
    'auth',
    '454 4.7.0 Too many login attempts, please try again later. - gsmtp',
    'AUTH_RATE_LIMITED',
  ],
  [
    google,
    'auth',
    '535-5.7.8 Username and Password not accepted.\n535 5.7.8 https://support.google.com/mail/?p=BadCredentials - gsmtp',
    'OAUTH_TOKEN_REFUSED',
    { method: 'XOAUTH2' },
  ],
  [
    google,
    'dot',
    '550-5.4.5 Daily user sending limit exceeded. For more information on Gmail\n550 5.4.5 sending limits go to https://support.google.com/a/answer/166852 - gsmtp',
    'QUOTA_EXCEEDED',
  ],
  [
    google,
    'dot',
    '550-5.7.26 This mail has been blocked because the sender is unauthenticated.\n550 5.7.26 - gsmtp',
    'DMARC_REJECTED',
  ],
  [
    relay,
    'ehlo',
    '421 4.7.0 Try again later, closing connection. (EHLO) - gsmtp',
    'EHLO_NAME_REJECTED',
  ],
  [
    relay,
    'mail',
    "550-5.7.1 Invalid credentials for relay [203.0.113.25]. The IP address you've\n550 5.7.1 registered in your Workspace SMTP Relay service doesn't match - gsmtp",
    'RELAY_DENIED',
    { signedIn: false },
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more information. [AM0PR02CA0001.eurprd02.prod.outlook.com]',
    'M365_SMTP_AUTH_DISABLED',
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Mailbox.',
    'M365_SMTP_AUTH_DISABLED',
    { method: 'XOAUTH2' },
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled. [AM0PR02CA0001.eurprd02.prod.outlook.com]',
    'M365_BASIC_AUTH_OFF',
  ],
  [
    'smtp-mail.outlook.com',
    'auth',
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
    'M365_BASIC_AUTH_OFF',
  ],
  [
    microsoft,
    'dot',
    '550 5.7.30 Basic authentication is not supported for Client Submission.',
    'M365_BASIC_AUTH_OFF',
  ],
  [
    microsoft,
    'auth',
    "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
    'M365_SECURITY_DEFAULTS',
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.',
    'M365_CONDITIONAL_ACCESS',
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, account locked.',
    'ACCOUNT_SUSPENDED',
  ],
  [
    microsoft,
    'auth',
    '535 5.7.139 Authentication unsuccessful, the user credentials were incorrect.',
    'AUTH_BAD_CREDENTIALS',
  ],
  [microsoft, 'auth', '535 5.7.139 Authentication unsuccessful', 'M365_SMTP_AUTH_DISABLED'],
  [microsoft, 'auth', '535 5.7.3 Authentication unsuccessful', 'AUTH_BAD_CREDENTIALS'],
  [
    microsoft,
    'auth',
    '535 5.7.3 Authentication unsuccessful',
    'OAUTH_TOKEN_REFUSED',
    { method: 'XOAUTH2' },
  ],
  [
    microsoft,
    'mail',
    '530 5.7.57 Client not authenticated to send mail.',
    'AUTH_REQUIRED',
    { signedIn: false },
  ],
  [
    microsoft,
    'dot',
    '554 5.2.252 SendAsDenied; ada@acme.io not allowed to send as noreply@example.com; STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied',
    'SENDER_NOT_OWNED',
  ],
  [microsoft, 'dot', '432 4.3.2 Concurrent connections limit exceeded', 'TOO_MANY_CONNECTIONS'],
  [
    microsoft,
    'dot',
    "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
    'QUOTA_EXCEEDED',
  ],
  [
    'acme-io.mail.protection.outlook.com',
    'rcpt',
    '550 5.7.64 TenantAttribution; Relay Access Denied',
    'RELAY_DENIED',
    { signedIn: false },
  ],
  [amazon, 'auth', '535 Authentication Credentials Invalid', 'SES_CREDENTIALS'],
  [amazon, 'dot', `${sandbox}admin@example.org`, 'PROVIDER_SANDBOX'],
  [amazon, 'dot', `${sandbox}noreply@example.com`, 'SENDER_NOT_VERIFIED'],
  [amazon, 'dot', `${sandbox}example.com`, 'SENDER_NOT_VERIFIED'],
  [amazon, 'dot', `${sandbox}Acme <noreply@example.com>, admin@example.org`, 'SENDER_NOT_VERIFIED'],
  [
    amazon,
    'dot',
    "554 Access denied: User `arn:aws:iam::123456789012:user/ses-smtp' is not authorized to perform `ses:SendRawEmail' on resource `arn:aws:ses:eu-west-1:123456789012:identity/example.com'",
    'PROVIDER_PERMISSION',
  ],
  [amazon, 'dot', '454 Throttling failure: Maximum sending rate exceeded.', 'RATE_LIMITED'],
  [amazon, 'dot', '454 Throttling failure: Daily message quota exceeded.', 'QUOTA_EXCEEDED'],
  [amazon, 'greeting', '421 Too many concurrent SMTP connections', 'TOO_MANY_CONNECTIONS'],
  [amazon, 'dot', '451 Timeout waiting for data from client.', 'SERVER_TEMPORARY'],
  [sendgrid, 'auth', '535 Authentication failed: Bad username / password', 'SENDGRID_USERNAME'],
  [
    sendgrid,
    'auth',
    '535 Authentication failed: Bad username / password',
    'SENDGRID_KEY',
    { username: 'apikey' },
  ],
  [
    sendgrid,
    'auth',
    '535 Authentication failed: The provided authorization grant is invalid, expired, or revoked',
    'SENDGRID_KEY',
    { username: 'apikey' },
  ],
  [sendgrid, 'auth', '451 Authentication failed: Maximum credits exceeded', 'QUOTA_EXCEEDED'],
  [
    sendgrid,
    'dot',
    '550 The from address does not match a verified Sender Identity. Mail cannot be sent until this error is resolved.',
    'SENDER_NOT_VERIFIED',
  ],
  ['smtp-relay.brevo.com', 'auth', '525 5.7.1 Unauthorized IP address', 'IP_NOT_ALLOWED'],
  [
    'smtp-relay.brevo.com',
    'mail',
    '502 5.7.0 Your SMTP account is not yet activated.',
    'ACCOUNT_SUSPENDED',
  ],
  [
    'smtp.mailgun.org',
    'dot',
    '421 Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only. Please add your own domain or add the address to authorized recipients.',
    'PROVIDER_SANDBOX',
  ],
  [
    'smtp.postmarkapp.com',
    'dot',
    "550 5.7.1 The 'From' address you supplied (noreply@example.com) is not a Sender Signature on your account.",
    'SENDER_NOT_VERIFIED',
  ],
  [
    'smtp.sparkpostmail.com',
    'dot',
    '550 5.7.1 Unconfigured Sending Domain <example.com>',
    'SENDER_NOT_VERIFIED',
  ],
  [
    'smtp.resend.com',
    'dot',
    '450 The example.com domain is not verified. Please, add and verify your domain',
    'SENDER_NOT_VERIFIED',
  ],
  [
    'live.smtp.mailtrap.io',
    'data',
    '550 5.7.0 Requested action not taken: too many emails per second',
    'RATE_LIMITED',
  ],
  ['smtp.zoho.com', 'mail', '553 Relaying disallowed as noreply@example.com', 'SENDER_NOT_OWNED'],
  ['smtp.163.com', 'mail', '553 Mail from must equal authorized user', 'SENDER_NOT_OWNED'],
  [
    'smtp.qq.com',
    'auth',
    '535 Login Fail. Please enter your authorization code to login.',
    'APP_PASSWORD',
  ],
  [
    'smtp.mail.yahoo.com',
    'auth',
    '535 5.7.0 (#AUTH005) Too many bad auth attempts.',
    'APP_PASSWORD',
  ],
  ['smtp.naver.com', 'auth', '553 5.3.0 Auth failure', 'AUTH_PLAIN_BROKEN'],
];

const ofAnybody: Row[] = [
  [
    own,
    'auth',
    '535 5.7.8 Error: authentication failed: (reason unavailable)',
    'AUTH_BAD_CREDENTIALS',
  ],
  [
    own,
    'auth',
    '535 5.7.8 Error: authentication failed: no secret in database',
    'AUTH_MECH_CRAM_FAILS',
    { method: 'CRAM-MD5' },
  ],
  [
    own,
    'auth',
    '535 5.7.8 Use your full e-mail address to log in',
    'USERNAME_FORM',
    { username: 'ada' },
  ],
  [
    own,
    'auth',
    '535 5.7.3 Authentication unsuccessful',
    'NTLM_DOMAIN',
    { method: 'NTLM', username: 'ACME\\ada' },
  ],
  [own, 'auth', '454 4.7.0 Temporary authentication failure: Connection lost', 'AUTH_TEMPORARY'],
  [own, 'auth', '432 4.7.12 A password transition is needed', 'AUTH_PASSWORD_TRANSITION'],
  [
    own,
    'auth',
    '538 5.7.11 Encryption required for requested authentication mechanism',
    'STARTTLS_REQUIRED',
    { tls: false },
  ],
  [
    own,
    'auth',
    '503 AUTH command used when not advertised',
    'AUTH_NOT_OFFERED',
    { authOffered: [] },
  ],
  [own, 'auth', '504 5.7.4 Unrecognized authentication type', 'AUTH_MECH_UNSUPPORTED'],
  [
    own,
    'mail',
    '530 5.7.0 Must issue a STARTTLS command first',
    'STARTTLS_REQUIRED',
    { tls: false },
  ],
  [own, 'mail', '530 5.7.0 Authentication required', 'AUTH_REQUIRED', { signedIn: false }],
  [own, 'tls', '454 4.7.0 TLS not available due to local problem', 'STARTTLS_REFUSED'],
  [own, 'tls', '502 5.5.1 Error: command not implemented', 'STARTTLS_REFUSED'],
  [own, 'greeting', '554 mail.acme.io ESMTP not accepting connections', 'GREETING_REJECTED'],
  [
    own,
    'greeting',
    '421 4.7.0 mail.acme.io Error: too many connections from 203.0.113.25',
    'TOO_MANY_CONNECTIONS',
  ],
  [own, 'ehlo', '502 5.5.1 Unrecognized command', 'EHLO_UNSUPPORTED'],
  [
    own,
    'rcpt',
    '504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname',
    'EHLO_NAME_REJECTED',
  ],
  [
    own,
    'mail',
    '553 5.7.1 <noreply@example.com>: Sender address rejected: not owned by user ada',
    'SENDER_NOT_OWNED',
  ],
  [
    own,
    'mail',
    '550 5.7.60 SMTP; Client does not have permissions to send as this sender',
    'SENDER_NOT_OWNED',
  ],
  [
    own,
    'mail',
    '450 4.1.8 <noreply@nowhere.test>: Sender address rejected: Domain not found',
    'SENDER_DOMAIN_UNKNOWN',
  ],
  [own, 'rcpt', '454 4.7.1 <a@b.test>: Relay access denied', 'SERVER_TEMPORARY'],
  [own, 'rcpt', '554 5.7.1 <a@b.test>: Relay access denied', 'RELAY_DENIED', { signedIn: false }],
  [own, 'rcpt', '550 relay not permitted', 'RELAY_DENIED', { signedIn: false }],
  [own, 'rcpt', '550 5.1.1 <a@b.test>: User unknown in local recipient table', 'RECIPIENT_UNKNOWN'],
  [
    own,
    'rcpt',
    '554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using zen.spamhaus.org',
    'CLIENT_BLOCKLISTED',
  ],
  [
    own,
    'rcpt',
    '450 4.7.25 Client host rejected: cannot find your hostname, [203.0.113.25]',
    'CLIENT_RDNS',
  ],
  [own, 'rcpt', '450 4.2.0 <a@b.test>: Recipient address rejected: Greylisted', 'GREYLISTED'],
  [own, 'mail', '553 5.6.7 SMTPUTF8 is required and not offered', 'SMTPUTF8_MISSING'],
  [own, 'mail', '552 5.3.4 Message size exceeds fixed limit', 'MESSAGE_TOO_LARGE'],
  [own, 'dot', '554 5.7.1 Message identified as spam', 'CONTENT_REJECTED'],
  [own, 'dot', '550 5.7.1 Rejected by DMARC policy of example.com', 'DMARC_REJECTED'],
  [own, 'dot', '452 4.3.1 Insufficient system storage', 'SERVER_TEMPORARY'],
];

/** Each row whole: spread over parameters, a short one would make jest take the last for `done`. */
const titled = (rows: readonly Row[]): [title: string, row: Row][] =>
  rows.map((row) => [
    `${row[2].replaceAll('\n', ' ')} from ${row[0]} at ${row[1]} is ${row[3]}`,
    row,
  ]);

describe('A reply is taken for what it means', () => {
  it.each(titled(ofProviders))('%s', (_, [host, stage, said, code, more]) => {
    expect(diagnoseReply(reply(host, stage, said, more))?.code).toBe(code);
  });

  it.each(titled(ofAnybody))('%s', (_, [host, stage, said, code, more]) => {
    expect(diagnoseReply(reply(host, stage, said, more))?.code).toBe(code);
  });

  it('behind an alias, where the greeting says who it is', () => {
    const said = '535-5.7.8 Username and Password not accepted.\n535 5.7.8 - gsmtp';
    const banner = 'mx.google.com ESMTP 5b1f17b1804b1-43 - gsmtp';
    expect(diagnoseReply(reply(own, 'auth', said, { banner }))?.code).toBe('GMAIL_APP_PASSWORD');
  });

  it('and is certain only where the words, or the session, leave no other', () => {
    const confidence = (...row: Parameters<typeof reply>) =>
      diagnoseReply(reply(...row))?.confidence;
    expect(confidence(amazon, 'dot', `${sandbox}admin@example.org`)).toBe('certain');
    expect(confidence(amazon, 'dot', `${sandbox}somebody@else.test`)).toBe('guess');
    expect(confidence(own, 'auth', '535 no')).toBe('likely');
    expect(confidence(own, 'dot', '554 no')).toBe('guess');
  });
});

describe('A near miss falls to the general cause', () => {
  const rows: Row[] = [
    // the words of one provider in the mouth of another
    [own, 'auth', '535 5.7.8 Username and Password not accepted', 'AUTH_BAD_CREDENTIALS'],
    [own, 'auth', '535 Authentication Credentials Invalid', 'AUTH_BAD_CREDENTIALS'],
    [own, 'auth', '535 Authentication failed: Bad username / password', 'AUTH_BAD_CREDENTIALS'],
    [own, 'auth', '535 5.7.8 basic authentication is disabled', 'AUTH_BAD_CREDENTIALS'],
    [own, 'auth', '535 use a web browser', 'AUTH_BAD_CREDENTIALS'],
    [own, 'auth', '534 5.7.9 Authentication mechanism is too weak', 'AUTH_MECH_UNSUPPORTED'],
    [own, 'auth', '534 5.7.14 Trust relationship required', 'AUTH_MECH_UNSUPPORTED'],
    [own, 'auth', '535 5.7.0 (#AUTH005) no', 'AUTH_BAD_CREDENTIALS'],
    ['gmail.com.acme.io', 'auth', '535 5.7.8 BadCredentials', 'AUTH_BAD_CREDENTIALS'],
    ['notamazonaws.com', 'auth', '535 Authentication Credentials Invalid', 'AUTH_BAD_CREDENTIALS'],
    [own, 'dot', '554 Access denied: not authorized to perform this', 'CONTENT_REJECTED'],
    [own, 'ehlo', '421 4.7.0 Try again later, closing connection', 'SERVER_TEMPORARY'],
    [google, 'ehlo', '421 4.7.0 Try again later, closing connection', 'SERVER_TEMPORARY'],
    // the right words with the code of another class: wait, and change nothing
    [microsoft, 'auth', '454 4.7.0 basic authentication is disabled', 'AUTH_TEMPORARY'],
    [google, 'auth', '454 4.7.0 Username and Password not accepted', 'AUTH_TEMPORARY'],
    [amazon, 'auth', '454 Authentication Credentials Invalid', 'AUTH_TEMPORARY'],
    [own, 'mail', '450 The example.com domain is not verified', 'SERVER_TEMPORARY'],
    [own, 'dot', '451 not a verified Sender Identity', 'SERVER_TEMPORARY'],
    [own, 'dot', '421 Sandbox subdomains are for test purposes only', 'SERVER_TEMPORARY'],
    [own, 'auth', '451 Maximum credits exceeded', 'AUTH_TEMPORARY'],
    // the right words at another stage
    [
      own,
      'rcpt',
      '550 5.2.1 The email account that you tried to reach is disabled',
      'RECIPIENT_UNKNOWN',
    ],
    [own, 'rcpt', '550 5.7.1 authentication required', 'RECIPIENT_UNKNOWN'],
    [own, 'rcpt', '550 5.7.1 authentication required', 'AUTH_REQUIRED', { signedIn: false }],
    // no TLS yet, and the server asks for a sign-in all the same
    [own, 'mail', '530 Authentication required', 'AUTH_REQUIRED', { tls: false, signedIn: false }],
    [own, 'mail', '530 no', 'STARTTLS_REQUIRED', { tls: false, signedIn: false }],
    // who has signed in with the method that works has no broken PLAIN
    [
      'smtp.naver.com',
      'auth',
      '553 5.3.0 Auth failure',
      'AUTH_BAD_CREDENTIALS',
      { method: 'LOGIN' },
    ],
  ];
  it.each(titled(rows))('%s', (_, [host, stage, said, code, more]) => {
    expect(diagnoseReply(reply(host, stage, said, more))?.code).toBe(code);
  });
});

describe('Whatever the words', () => {
  const stages: ReplyStage[] = ['greeting', 'ehlo', 'tls', 'auth', 'mail', 'rcpt', 'data', 'dot'];
  const everyText = [...ofProviders, ...ofAnybody].map(([, , said]) => said.slice(4));
  const codesOf = (digit: 4 | 5) =>
    [21, 30, 32, 50, 51, 52, 54, 99].map((rest) => digit * 100 + rest);

  it('“not now” from a server of no provider is never a setting to change', () => {
    // What says so by itself: STARTTLS refused, a password transition, DNS of either side.
    const saysSo = [
      'STARTTLS_REFUSED',
      'AUTH_PASSWORD_TRANSITION',
      'CLIENT_RDNS',
      'SENDER_DOMAIN_UNKNOWN',
    ];
    for (const stage of stages)
      for (const code of codesOf(4))
        for (const text of everyText) {
          const cause = diagnoseReply(reply(own, stage, `${code} ${text}`))?.code;
          if (cause === undefined || saysSo.includes(cause)) continue;
          expect(`${code} ${text}: ${causes[cause].class}`).toBe(`${code} ${text}: limits`);
        }
  });

  it('every refusal has a cause, and every other reply has none', () => {
    for (const stage of stages)
      for (const code of [...codesOf(4), ...codesOf(5)])
        expect(diagnoseReply(reply(own, stage, `${code} no`))).toBeDefined();
    expect(diagnoseReply(reply(own, 'auth', '334 VXNlcm5hbWU6'))).toBeUndefined();
    expect(diagnoseReply(reply(own, 'dot', '250 2.0.0 Message rejected: spam'))).toBeUndefined();
  });

  it('a reply of 64 KiB is judged in no time', () => {
    const long = `550 ${'sender relay account daily rate limit spf '.repeat(1500)}`;
    const began = performance.now();
    for (const stage of stages) diagnoseReply(reply(own, stage, long));
    expect(performance.now() - began).toBeLessThan(250);
  });
});
