import { createServer as createHttpServer } from 'node:http';
import type { CauseCode } from '#doctor';
import type { Env, Laboratory, SetUp } from '../doctor.js';
import {
  delay,
  drop,
  reply,
  reset,
  silence,
  testAuthority,
  type Act,
  type Script,
} from '../smtp-server.js';
import type { SmtpServerOptions } from '../smtp-server.js';
import { deliveryProvocations } from './delivery.js';
import type { Provocation } from './provocation.js';

const user = { user: 'someone@acme.test', pass: 'Correct-Horse-7' };
const credentials = { SMTP_USERNAME: user.user, SMTP_PASSWORD: user.pass };

/** How providers greet: it is by this that a test server is taken for one of them. */
const GREETINGS = {
  anybody: 'mx.acme.test ESMTP Postfix',
  google: 'smtp.gmail.com ESMTP 5b1f17b1804b1-45b6f3sm102 - gsmtp',
  microsoft: 'FR4P281CA0089.outlook.office365.com Microsoft ESMTP MAIL Service ready',
  amazon: 'email-smtp.amazonaws.com ESMTP SimpleEmailService-d-AB12 x',
  sendgrid: 'SG ESMTP service ready at ismtpd',
  mailgun: 'smtp.mailgun.org ESMTP ready',
  yahoo: 'smtp.mail.yahoo.com ESMTP ready',
  resend: 'Resend SMTP Relay ESMTP',
} as const;
type Provider = keyof typeof GREETINGS;

const against =
  (
    options: SmtpServerOptions,
    more: Env = credentials,
    to?: string,
    doors: SmtpServerOptions[] = [],
  ) =>
  async (lab: Laboratory): Promise<SetUp> => {
    const server = await lab.smtp({ tls: 'starttls', auth: user, ...options });
    const others = await Promise.all(doors.map(async (door) => await lab.smtp(door)));
    return {
      env: lab.settings(server.port, more),
      options: { to, doors: others.map(({ port }) => port) },
    };
  };

function scripted(provider: Provider, script: Script): SmtpServerOptions {
  return { script: { greeting: reply(220, GREETINGS[provider]), ...script } };
}

/** Lines as they stood on the wire, the code before each. */
function said(text: string): Act {
  const lines = text.split('\n');
  return reply(
    Number(text.slice(0, 3)),
    lines.map((line) => line.slice(4)),
  );
}

const atSignIn = (cause: CauseCode, from: Provider, text: string): Provocation => ({
  cause,
  how: `AUTH, ${from}: ${text.split('\n')[0]?.slice(0, 60)}`,
  setUp: against(scripted(from, { auth: said(text) })),
  fix: 'unproven',
  also: ({ findings, transcript }) => {
    expect(findings[0]?.server?.code).toBe(Number(text.slice(0, 3)));
    // one attempt, no more
    expect(transcript.filter(({ line }) => line.startsWith('AUTH'))).toHaveLength(1);
  },
});

const TO = 'admin@acme.test';

const atStage = (
  cause: CauseCode,
  stage: 'mail' | 'rcpt' | 'data' | 'dot',
  text: string,
  from: Provider = 'anybody',
): Provocation => ({
  cause,
  how: `${stage.toUpperCase()}, ${from}: ${text.split('\n')[0]?.slice(0, 60)}`,
  setUp: against(scripted(from, { [stage]: said(text) }), credentials, TO),
  fix: 'unproven',
});

const signIn: Provocation[] = [
  atSignIn('AUTH_BAD_CREDENTIALS', 'anybody', '535 5.7.8 Error: authentication failed'),
  atSignIn(
    'GMAIL_APP_PASSWORD',
    'google',
    '535-5.7.8 Username and Password not accepted. For more information, go to\n535 5.7.8  https://support.google.com/mail/?p=BadCredentials 5b1f17b1804b1-45b6f3 - gsmtp',
  ),
  atSignIn(
    'GMAIL_APP_PASSWORD',
    'google',
    '534-5.7.9 Application-specific password required. For more information, go to\n534 5.7.9  https://support.google.com/mail/?p=InvalidSecondFactor - gsmtp',
  ),
  atSignIn(
    'GMAIL_WEB_LOGIN',
    'google',
    '534-5.7.14 <https://accounts.google.com/signin/continue> Please log in via\n534-5.7.14 your web browser and then try again.\n534 5.7.14  https://support.google.com/mail/answer/78754 - gsmtp',
  ),
  atSignIn(
    'M365_SMTP_AUTH_DISABLED',
    'microsoft',
    '535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled',
  ),
  atSignIn(
    'M365_BASIC_AUTH_OFF',
    'microsoft',
    '535 5.7.139 Authentication unsuccessful, basic authentication is disabled.',
  ),
  atSignIn(
    'M365_BASIC_AUTH_OFF',
    'microsoft',
    '550 5.7.30 Basic authentication is not supported for Client Submission.',
  ),
  atSignIn(
    'M365_SECURITY_DEFAULTS',
    'microsoft',
    "535 5.7.139 Authentication unsuccessful, user is locked by your organization's security defaults policy. Contact your administrator.",
  ),
  atSignIn(
    'M365_CONDITIONAL_ACCESS',
    'microsoft',
    '535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be authenticated successfully. Contact your administrator.',
  ),
  atSignIn('SES_CREDENTIALS', 'amazon', '535 Authentication Credentials Invalid'),
  atSignIn('SENDGRID_USERNAME', 'sendgrid', '535 Authentication failed: Bad username / password'),
  atSignIn(
    'SENDGRID_KEY',
    'sendgrid',
    '535 Authentication failed: The provided authorization grant is invalid, expired, or revoked',
  ),
  atSignIn('APP_PASSWORD', 'yahoo', '535 5.7.0 (#AUTH005) Too many bad auth attempts.'),
  atSignIn(
    'APP_PASSWORD',
    'anybody',
    '535 Login Fail. Please enter your authorization code to login.',
  ),
  atSignIn('IP_NOT_ALLOWED', 'anybody', '525 5.7.1 Unauthorized IP address'),
  atSignIn(
    'ACCOUNT_SUSPENDED',
    'anybody',
    '502 5.7.0 Your SMTP account is not yet activated. Please contact us.',
  ),
  atSignIn('ACCOUNT_SUSPENDED', 'anybody', '535 5.7.8 this account has been suspended'),
  atSignIn(
    'AUTH_RATE_LIMITED',
    'google',
    '454 4.7.0 Too many login attempts, please try again later. - gsmtp',
  ),
  atSignIn(
    'AUTH_TEMPORARY',
    'anybody',
    '454 4.7.0 Temporary authentication failure: Connection lost to authentication server',
  ),
  atSignIn('AUTH_PASSWORD_TRANSITION', 'anybody', '432 4.7.12 A password transition is needed'),
  {
    cause: 'AUTH_BAD_CREDENTIALS',
    how: 'a wrong password, really',
    setUp: against({}, { ...credentials, SMTP_PASSWORD: 'another' }),
    fix: 'unproven',
  },
  {
    cause: 'USERNAME_FORM',
    how: 'a name without its domain, and the server says so',
    setUp: against(
      { script: { auth: said('535 5.7.8 Use the full mail address as user name') } },
      { ...credentials, SMTP_USERNAME: 'someone' },
    ),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_HANGUP',
    how: 'closed instead of an answer',
    setUp: against({ script: { auth: drop() } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_HANGUP',
    how: 'reset instead of an answer',
    setUp: against({ script: { auth: reset() } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_TEMPORARY',
    how: 'no answer at all',
    setUp: against({ script: { auth: silence() } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_NOT_OFFERED',
    how: 'an encrypted relay without sign-in, another port has one',
    setUp: against({ tls: 'starttls', auth: { ...user, methods: [] } }, credentials, undefined, [
      { tls: 'implicit', auth: user },
    ]),
    fix: 'verified',
  },
  {
    cause: 'AUTH_NOT_OFFERED',
    how: 'no sign-in anywhere',
    setUp: against({ auth: { ...user, methods: [] } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_MECH_OAUTH2_ONLY',
    how: 'AUTH XOAUTH2 alone',
    setUp: against({ auth: { ...user, methods: ['XOAUTH2', 'OAUTHBEARER'] } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_MECH_NTLM_ONLY',
    how: 'AUTH GSSAPI NTLM, PLAIN is pinned',
    setUp: against(
      { auth: { ...user, methods: ['GSSAPI', 'NTLM'] } },
      { ...credentials, SMTP_AUTH_METHOD: 'plain' },
    ),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_MECH_UNSUPPORTED',
    how: 'AUTH SCRAM-SHA-256 DIGEST-MD5',
    setUp: against({ auth: { ...user, methods: ['SCRAM-SHA-256', 'DIGEST-MD5'] } }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_MECH_CRAM_FAILS',
    how: 'CRAM-MD5 against hashed passwords',
    setUp: against({
      auth: { ...user, methods: ['CRAM-MD5'] },
      script: { auth: said('535 5.7.8 Error: authentication failed: no secret in database') },
    }),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_PLAIN_BROKEN',
    how: 'Naver: PLAIN is offered and refused, LOGIN is offered as well',
    setUp: against({
      script: {
        greeting: reply(220, 'smtp.naver.com ESMTP x - nsmtp'),
        auth: said('553 5.3.0 Auth failure'),
      },
    }),
    fix: 'unproven',
  },
  ...[true, false].map((isRight): Provocation => ({
    cause: isRight ? 'AUTH_PLAIN_BROKEN' : 'AUTH_BAD_CREDENTIALS',
    how: `Naver by its name: PLAIN is refused, LOGIN ${isRight ? 'taken' : 'too'}`,
    setUp: async (lab) => {
      const host = 'smtp.naver.com';
      const pass = isRight ? user.pass : 'another';
      const server = await lab.smtp({
        tls: 'starttls',
        auth: { ...user, pass },
        certificate: testAuthority().issue([host]),
        script: {
          auth: ({ line }) =>
            line.startsWith('AUTH PLAIN') ? reply(553, '5.3.0 Auth failure') : undefined,
        },
      });
      const names = (await lab.dns({ [host]: { A: ['127.0.0.1'] } })).names();
      const env = lab.settings(server.port, { ...credentials, SMTP_HOST: host });
      return { env, options: { names } };
    },
    fix: isRight ? 'verified' : 'unproven',
    unsendable: true,
    also: ({ findings, transcript }) => {
      const signIns = transcript.filter(({ line }) => line.startsWith('AUTH'));
      expect(signIns.map(({ line }) => line.split(' ')[1])).toEqual(['PLAIN', 'LOGIN']);
      if (isRight) expect(findings[0]?.fix.set).toEqual({ SMTP_AUTH_METHOD: 'login' });
    },
  })),
  {
    cause: 'NTLM_DOMAIN',
    how: 'the domain stands in the user name',
    setUp: against(
      {
        auth: {
          ...user,
          user: 'someone',
          methods: ['NTLM'],
          ntlm: { ntHash: '00'.repeat(16), domain: 'ACME' },
        },
      },
      { ...credentials, SMTP_USERNAME: 'ACME\\someone' },
    ),
    fix: 'unproven',
  },
  {
    cause: 'AUTH_REQUIRED',
    how: 'no user name is set, 530 at MAIL',
    setUp: against({ auth: { ...user, required: true } }, {}),
    fix: 'unproven',
  },
];

/** A token endpoint that says this, and a mail server that takes tokens or says that. */
const byToken =
  (status: number, answer: object | string, auth: Act = reply(235, '2.7.0 ok'), more: Env = {}) =>
  async (lab: Laboratory): Promise<SetUp> => {
    const body = typeof answer === 'string' ? answer : JSON.stringify(answer);
    const type = typeof answer === 'string' ? 'text/html' : 'application/json';
    const endpoint = createHttpServer((_request, response) =>
      response.writeHead(status, { 'content-type': type }).end(body),
    );
    const port = await lab.listener(() => {}, endpoint);
    const server = await lab.smtp({
      tls: 'starttls',
      auth: { ...user, methods: ['XOAUTH2'] },
      script: { auth },
    });
    const env = {
      SMTP_USERNAME: user.user,
      SMTP_OAUTH2_TOKEN_URL: `http://127.0.0.1:${port}/token`,
      SMTP_OAUTH2_CLIENT_ID: 'client',
      SMTP_OAUTH2_CLIENT_SECRET: 'a-very-secret-value',
      SMTP_OAUTH2_GRANT: 'client_credentials',
      ...more,
    };
    return { env: lab.settings(server.port, env) };
  };

const refusedToken = (cause: CauseCode, error: string, description = ''): Provocation => ({
  cause,
  how: `token endpoint: ${error} ${description}`.slice(0, 80),
  setUp: byToken(400, { error, error_description: description }),
  fix: 'unproven',
});

const token = {
  access_token: 'ya29.a-token-of-some-length',
  token_type: 'Bearer',
  expires_in: 3599,
};
const refreshing = {
  SMTP_OAUTH2_GRANT: 'refresh_token',
  SMTP_OAUTH2_REFRESH_TOKEN: '1//a-refresh-token',
};

const oauth2: Provocation[] = [
  refusedToken('OAUTH_INVALID_CLIENT', 'invalid_client', 'The OAuth client was not found.'),
  refusedToken('OAUTH_INVALID_CLIENT', 'unauthorized_client', 'Unauthorized'),
  refusedToken(
    'OAUTH_SECRET_EXPIRED',
    'invalid_client',
    "AADSTS7000222: The provided client secret keys for app 'x' are expired.",
  ),
  refusedToken(
    'OAUTH_SECRET_WRONG',
    'invalid_client',
    'AADSTS7000215: Invalid client secret provided. Ensure the secret being sent is the value.',
  ),
  refusedToken('OAUTH_WRONG_TENANT', 'invalid_request', "AADSTS90002: Tenant 'x' not found."),
  refusedToken(
    'OAUTH_WRONG_TENANT',
    'unauthorized_client',
    "AADSTS700016: Application with identifier 'x' was not found in the directory.",
  ),
  refusedToken('OAUTH_WRONG_SCOPE', 'invalid_scope', 'AADSTS70011: The provided scope is invalid.'),
  refusedToken('OAUTH_CONSENT', 'invalid_grant', 'AADSTS65001: The user has not consented.'),
  refusedToken(
    'OAUTH_CLOCK_SKEW',
    'invalid_grant',
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe.',
  ),
  {
    cause: 'OAUTH_REFRESH_EXPIRED',
    how: 'refresh token: invalid_grant',
    setUp: byToken(
      400,
      { error: 'invalid_grant', error_description: 'Token has been expired or revoked.' },
      undefined,
      refreshing,
    ),
    fix: 'unproven',
  },
  {
    cause: 'OAUTH_ENDPOINT_NOT_JSON',
    how: 'a web page instead of a token',
    setUp: byToken(200, '<!doctype html><title>Sign in</title>'),
    fix: 'unproven',
  },
  {
    cause: 'OAUTH_ENDPOINT_NOT_JSON',
    how: '404',
    setUp: byToken(404, 'not found'),
    fix: 'unproven',
  },
  {
    cause: 'OAUTH_ENDPOINT_UNREACHABLE',
    how: '503: the bad minute of a service is no wrong credential',
    setUp: byToken(503, 'busy'),
    fix: 'unproven',
  },
  {
    cause: 'OAUTH_ENDPOINT_UNREACHABLE',
    how: 'nobody listens there',
    setUp: async (lab) => {
      const set = await byToken(200, token)(lab);
      const url = `http://127.0.0.1:${await lab.deadPort()}/token`;
      return { env: { ...set.env, SMTP_OAUTH2_TOKEN_URL: url } };
    },
    fix: 'unproven',
  },
  {
    cause: 'OAUTH_TOKEN_REFUSED',
    how: 'a token that the mail server does not take',
    setUp: byToken(200, token, reply(535, '5.7.3 Authentication unsuccessful')),
    fix: 'unproven',
    also: (report) => expect(JSON.stringify(report)).not.toContain(token.access_token),
  },
  {
    cause: 'AUTH_MECH_NO_OAUTH2',
    how: 'tokens are set up, the server has passwords',
    setUp: async (lab) => {
      const set = await byToken(200, token)(lab);
      const server = await lab.smtp({ tls: 'starttls', auth: user });
      return { env: { ...set.env, SMTP_PORT: String(server.port) } };
    },
    fix: 'unproven',
  },
];

const transactions: Provocation[] = [
  atStage('SENDER_NOT_OWNED', 'mail', '553 5.7.1 Sender address rejected: not owned by user'),
  atStage(
    'SENDER_NOT_OWNED',
    'rcpt',
    '553 5.7.1 <noreply@sender.test>: Sender address rejected: not owned by user someone',
  ),
  atStage(
    'SENDER_NOT_OWNED',
    'dot',
    '554 5.2.252 SendAsDenied; not allowed to send as x',
    'microsoft',
  ),
  atStage('SENDER_NOT_OWNED', 'dot', '553 Relaying disallowed as noreply@sender.test'),
  atStage('SENDER_NOT_OWNED', 'mail', '553 Mail from must equal authorized user'),
  atStage(
    'SENDER_NOT_VERIFIED',
    'dot',
    '550 The from address does not match a verified Sender Identity.',
    'sendgrid',
  ),
  atStage(
    'SENDER_NOT_VERIFIED',
    'dot',
    "550 5.7.1 The 'From' address you supplied is not a Sender Signature on your account.",
  ),
  atStage('SENDER_NOT_VERIFIED', 'dot', '550 5.7.1 Unconfigured Sending Domain <sender.test>'),
  atStage('SENDER_NOT_VERIFIED', 'dot', '450 The sender.test domain is not verified.', 'resend'),
  atStage(
    'SENDER_DOMAIN_UNKNOWN',
    'mail',
    '450 4.1.8 <noreply@sender.test>: Sender address rejected: Domain not found',
  ),
  atStage(
    'PROVIDER_SANDBOX',
    'dot',
    '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: admin@acme.test',
    'amazon',
  ),
  atStage(
    'SENDER_NOT_VERIFIED',
    'dot',
    '554 Message rejected: Email address is not verified. The following identities failed the check in region EU-WEST-1: noreply@sender.test',
    'amazon',
  ),
  atStage(
    'PROVIDER_PERMISSION',
    'dot',
    "554 Access denied: User `arn:aws:iam::1:user/x' is not authorized to perform `ses:SendRawEmail'",
    'amazon',
  ),
  atStage('RELAY_DENIED', 'rcpt', '554 5.7.1 <admin@acme.test>: Relay access denied'),
  atStage('CLIENT_RDNS', 'rcpt', '450 4.7.25 Client host rejected: cannot find your hostname'),
  atStage(
    'CLIENT_BLOCKLISTED',
    'rcpt',
    '554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using zen.spamhaus.org',
  ),
  atStage(
    'GREYLISTED',
    'rcpt',
    '450 4.2.0 <admin@acme.test>: Recipient address rejected: Greylisted',
  ),
  atStage(
    'RECIPIENT_UNKNOWN',
    'rcpt',
    '550 5.1.1 <admin@acme.test>: Recipient address rejected: User unknown',
  ),
  atStage(
    'RATE_LIMITED',
    'dot',
    '454 Throttling failure: Maximum sending rate exceeded.',
    'amazon',
  ),
  atStage(
    'RATE_LIMITED',
    'data',
    '550 5.7.0 Requested action not taken: too many emails per second',
  ),
  atStage(
    'QUOTA_EXCEEDED',
    'dot',
    '454 Throttling failure: Daily message quota exceeded.',
    'amazon',
  ),
  atStage(
    'QUOTA_EXCEEDED',
    'mail',
    '550 5.4.5 Daily user sending limit exceeded. - gsmtp',
    'google',
  ),
  atStage(
    'QUOTA_EXCEEDED',
    'mail',
    '451 Authentication failed: Maximum credits exceeded',
    'sendgrid',
  ),
  atStage('MESSAGE_TOO_LARGE', 'dot', '552 5.3.4 Message size exceeds fixed limit'),
  atStage('CONTENT_REJECTED', 'dot', '554 5.7.1 Message rejected as spam by Content Filtering.'),
  atStage(
    'DMARC_REJECTED',
    'dot',
    '550 5.7.26 This message does not pass authentication checks (DMARC policy of sender.test)',
  ),
  atStage('SMTPUTF8_MISSING', 'mail', '553 5.6.7 SMTPUTF8 is required for this address'),
  atStage('SERVER_TEMPORARY', 'dot', '451 4.3.0 Error: queue file write error'),
  atStage(
    'PROVIDER_SANDBOX',
    'dot',
    '421 Domain sandbox1.mailgun.org is not allowed to send: Sandbox subdomains are for test purposes only.',
    'mailgun',
  ),
  {
    cause: 'TOO_MANY_CONNECTIONS',
    how: 'MAIL, microsoft: 432 4.3.2 Concurrent connections limit exceeded',
    setUp: against(
      scripted('microsoft', { mail: said('432 4.3.2 Concurrent connections limit exceeded.') }),
      credentials,
      TO,
    ),
    fix: 'unproven',
  },
  {
    cause: 'DATA_STALL',
    how: 'the message is taken, and no answer comes',
    setUp: against(
      { script: { dot: silence() } },
      { ...credentials, SMTP_TIMEOUT_DATA: '400ms' },
      TO,
    ),
    fix: 'unproven',
  },
  {
    cause: 'DATA_HANGUP',
    how: 'closed at the end of the message',
    setUp: against({ script: { dot: drop() } }, credentials, TO),
    fix: 'unproven',
  },
  {
    cause: 'DATA_HANGUP',
    how: 'reset in the middle of the message',
    setUp: against({ script: { dot: delay(20, reset()) } }, credentials, TO),
    fix: 'unproven',
  },
];

export const mailProvocations = [...signIn, ...oauth2, ...transactions, ...deliveryProvocations];
