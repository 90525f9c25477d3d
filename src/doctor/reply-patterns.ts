import type { CauseCode } from './causes.js';
import {
  isFrom,
  type JudgedReply,
  type ReplyDiagnosis,
  type ReplyRule,
  TRANSACTION,
} from './reply-rule.js';

/*
 * What providers say in words, as they document it or as it is quoted in public. A pattern is
 * bound to its provider (`from`) unless nobody else says such a thing; the first that holds wins.
 */

const signIn: readonly ReplyRule[] = [
  // 535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is disabled for the Tenant.
  {
    means: 'M365_SMTP_AUTH_DISABLED',
    confidence: 'certain',
    of: 5,
    text: /SmtpClientAuthentication is disabled/i,
  },
  // 535 5.7.139 Authentication unsuccessful, basic authentication is disabled.
  // 550 5.7.30 Basic authentication is not supported for Client Submission.
  {
    means: 'M365_BASIC_AUTH_OFF',
    confidence: 'certain',
    of: 5,
    from: 'microsoft',
    text: /basic authentication is (?:disabled|not supported)/i,
  },
  // 535 5.7.139 Authentication unsuccessful, user is locked by your organization's security
  // defaults policy. Contact your administrator.
  {
    means: 'M365_SECURITY_DEFAULTS',
    confidence: 'certain',
    of: 5,
    from: 'microsoft',
    text: /security defaults/i,
  },
  // 535 5.7.139 Authentication unsuccessful, the request did not meet the criteria to be
  // authenticated successfully. Contact your administrator.
  {
    means: 'M365_CONDITIONAL_ACCESS',
    confidence: 'likely',
    of: 5,
    from: 'microsoft',
    text: /did not meet the criteria/i,
  },
  // 535 5.7.139 Authentication unsuccessful, account locked
  {
    means: 'ACCOUNT_SUSPENDED',
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    text: /account (?:is |has been )?locked/i,
  },
  // 534-5.7.14 Please log in via your web browser and then try again.
  {
    means: 'GMAIL_WEB_LOGIN',
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    from: 'google',
    text: /web browser/i,
  },
  // 534-5.7.9 Application-specific password required.
  {
    means: (reply) => (isFrom('google', reply) ? 'GMAIL_APP_PASSWORD' : 'APP_PASSWORD'),
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    text: /\bapp(?:lication)?[- ](?:specific )?password/i,
  },
  // 535-5.7.8 Username and Password not accepted. https://support.google.com/mail/?p=BadCredentials
  {
    means: (reply) => (isTokenSignIn(reply) ? 'OAUTH_TOKEN_REFUSED' : 'GMAIL_APP_PASSWORD'),
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    from: 'google',
    text: /BadCredentials|Username and Password not accepted/i,
  },
  // 535 Authentication Credentials Invalid
  {
    means: 'SES_CREDENTIALS',
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    from: 'amazon',
    text: /Credentials Invalid/i,
  },
  // 535 Authentication failed: Bad username / password
  {
    means: ({ username }) => (username === 'apikey' ? 'SENDGRID_KEY' : 'SENDGRID_USERNAME'),
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    from: 'sendgrid',
    text: /Bad username/i,
  },
  // 535 Authentication failed: The provided authorization grant is invalid, expired, or revoked
  {
    means: 'SENDGRID_KEY',
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    from: 'sendgrid',
    text: /authorization grant/i,
  },
  // 525 5.7.1 Unauthorized IP address
  { means: 'IP_NOT_ALLOWED', confidence: 'certain', of: 5, text: /\bUnauthorized IP\b/i },
  // 535 Login Fail. Please enter your authorization code to login.
  {
    means: 'APP_PASSWORD',
    confidence: 'certain',
    of: 5,
    at: ['auth'],
    text: /enter your authorization code/i,
  },
  // 535 5.7.0 (#AUTH005) Too many bad auth attempts
  {
    means: 'APP_PASSWORD',
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    from: 'yahoo',
    text: /#AUTH005/,
  },
  // 502 5.7.0 Your SMTP account is not yet activated.
  {
    means: 'ACCOUNT_SUSPENDED',
    confidence: 'certain',
    of: 5,
    text: /\baccount is not yet activated/i,
  },
  {
    means: 'ACCOUNT_SUSPENDED',
    confidence: 'likely',
    of: 5,
    // At RCPT such words are about the account of the recipient.
    at: ['auth', 'mail'],
    text: /\baccount\b.{0,40}\b(?:suspended|disabled|deactivated|blocked)\b/i,
  },
  // 553 5.3.0 Auth failure, to PLAIN, where LOGIN with the same password is taken
  {
    means: ({ method, authOffered }) =>
      method === 'PLAIN' && authOffered.includes('LOGIN') ? 'AUTH_PLAIN_BROKEN' : undefined,
    confidence: 'guess',
    of: 5,
    at: ['auth'],
    codes: [553],
    from: 'naver',
  },
  // 535 5.7.8 Error: authentication failed: no secret in database
  {
    means: ({ method }) => (method === 'CRAM-MD5' ? 'AUTH_MECH_CRAM_FAILS' : undefined),
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    text: /no secret in database/i,
  },
];

const senders: readonly ReplyRule[] = [
  // 554 Message rejected: Email address is not verified. The following identities failed the
  // check in region EU-WEST-1: admin@example.org
  {
    means: refusedIdentity,
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /following identities failed the check/i,
  },
  // 554 Access denied: User `arn:…' is not authorized to perform `ses:SendRawEmail' on resource
  {
    means: 'PROVIDER_PERMISSION',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    from: 'amazon',
    text: /not authorized to perform/i,
  },
  // 550 The from address does not match a verified Sender Identity.
  // 550 The 'From' address you supplied (…) is not a Sender Signature on your account.
  // 550 5.7.1 Unconfigured Sending Domain <example.com>
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /verified Sender Identity|Sender Signature|Unconfigured Sending Domain/i,
  },
  // 450 The example.com domain is not verified. (Resend, and it will be so tomorrow)
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    from: 'resend',
    text: /domain is not verified/i,
  },
  {
    means: 'SENDER_NOT_VERIFIED',
    confidence: 'likely',
    of: 5,
    at: TRANSACTION,
    text: /domain is not verified|sender (?:address |domain )?(?:is )?not verified/i,
  },
  // 421 Domain sandbox….mailgun.org is not allowed to send: Sandbox subdomains are for test
  // purposes only.
  {
    means: 'PROVIDER_SANDBOX',
    confidence: 'certain',
    of: 'any',
    from: 'mailgun',
    text: /Sandbox subdomains/i,
  },
  // 554 5.2.252 SendAsDenied; ada@example.com not allowed to send as noreply@example.com
  // 553 5.7.1 <noreply@example.com>: Sender address rejected: not owned by user ada
  // 553 Relaying disallowed as noreply@example.com
  // 553 Mail from must equal authorized user
  {
    means: 'SENDER_NOT_OWNED',
    confidence: 'certain',
    of: 5,
    at: TRANSACTION,
    text: /SendAsDenied|not owned by user|Relaying disallowed as|must (?:equal|be same as) authori[sz](?:ed|ation) user|permissions? to send as/i,
  },
  // 550 5.7.1 Invalid credentials for relay [203.0.113.25].
  {
    means: 'RELAY_DENIED',
    confidence: 'certain',
    of: 5,
    from: 'google',
    text: /Invalid credentials for relay/i,
  },
  // 421 4.7.0 Try again later, closing connection. (EHLO), to a name that is not of the account
  {
    means: ({ host }) => (host.startsWith('smtp-relay.') ? 'EHLO_NAME_REJECTED' : undefined),
    confidence: 'likely',
    of: 4,
    at: ['ehlo'],
    codes: [421],
    from: 'google',
    text: /Try again later, closing connection/i,
  },
];

const limits: readonly ReplyRule[] = [
  // 451 Authentication failed: Maximum credits exceeded
  {
    means: 'QUOTA_EXCEEDED',
    confidence: 'certain',
    of: 'any',
    from: 'sendgrid',
    text: /Maximum credits/i,
  },
  // 550 5.7.0 Requested action not taken: too many emails per second
  {
    means: 'RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /too many (?:e-?mails|messages|requests) per (?:second|minute)/i,
  },
  // 432 4.3.2 Concurrent connections limit exceeded; 421 Too many concurrent SMTP connections
  {
    means: 'TOO_MANY_CONNECTIONS',
    confidence: 'certain',
    of: 'any',
    text: /too many (?:concurrent |simultaneous |smtp )*(?:connections|sessions)|concurrent connections? limit|(?:sender )?thread limit exceeded/i,
  },
  // 454 Throttling failure: Daily message quota exceeded; 550 5.4.5 Daily user sending limit
  {
    means: 'QUOTA_EXCEEDED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /\b(?:daily|monthly)\b.{0,40}\b(?:quota|limit)\b/i,
  },
  // 454 Throttling failure: Maximum sending rate exceeded
  {
    means: 'RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: TRANSACTION,
    text: /Throttling failure|sending rate exceeded|\brate[- ]limit(?:ed)?\b/i,
  },
  // 454 4.7.0 Too many login attempts, please try again later.
  {
    means: 'AUTH_RATE_LIMITED',
    confidence: 'certain',
    of: 'any',
    at: ['auth'],
    text: /too many (?:\w+ )?(?:log-?in|auth\w*|sign-?in)\b|too many (?:failed|bad) |\brate[- ]limit/i,
  },
];

/** Provider texts, in the order in which they are tried. */
export const providerTexts: readonly ReplyRule[] = [...signIn, ...senders, ...limits];

export function isTokenSignIn({ method }: JudgedReply): boolean {
  return method === 'XOAUTH2' || method === 'OAUTHBEARER';
}

/** Amazon names who is not verified: the sender, which is a fault, or the recipient: the sandbox. */
function refusedIdentity({ text, sender, recipient }: JudgedReply): CauseCode | ReplyDiagnosis {
  const named = /failed the check[^:]*:\s*(.*)$/i.exec(text)?.[1]?.toLowerCase() ?? '';
  const identities = named.split(/[\s,;<>"']+/).filter(Boolean);
  const isNamed = (address: string | undefined): boolean => {
    const canonical = address?.toLowerCase() ?? '';
    const domain = canonical.slice(canonical.indexOf('@') + 1);
    return canonical !== '' && identities.some((one) => one === canonical || one === domain);
  };
  if (isNamed(sender)) return 'SENDER_NOT_VERIFIED';
  if (isNamed(recipient)) return 'PROVIDER_SANDBOX';
  return { code: 'SENDER_NOT_VERIFIED', confidence: 'guess' };
}
