import { isFrom, isTokenSignIn, type ReplyRule } from './reply-rule.js';

/** What providers say in words to a sign-in. */
export const signInReplies: readonly ReplyRule[] = [
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
