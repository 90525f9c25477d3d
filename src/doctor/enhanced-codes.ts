import { type ReplyRule, refusedSignIn, TRANSACTION } from './reply-rule.js';

/** Words about this machine, its name and its standing, in the replies of any server. */
const client: readonly ReplyRule[] = [
  // 504 5.5.2 <localhost>: Helo command rejected: need fully-qualified hostname
  {
    means: 'EHLO_NAME_REJECTED',
    confidence: 'certain',
    of: 5,
    at: ['ehlo', 'mail', 'rcpt'],
    text: /(?:helo|ehlo)\b.{0,60}\b(?:rejected|invalid|refused|not (?:allowed|accepted))|fully[- ]qualified (?:host|domain)|invalid (?:helo|ehlo)/i,
  },
  // 450 4.7.25 Client host rejected: cannot find your hostname (Postfix, temporary by default)
  {
    means: 'CLIENT_RDNS',
    confidence: 'certain',
    of: 'any',
    at: ['ehlo', ...TRANSACTION],
    text: /cannot find your (?:reverse )?host ?name|\bPTR record|reverse DNS/i,
  },
  { means: 'CLIENT_RDNS', confidence: 'likely', of: 'any', enhanced: /^[45]\.7\.25$/ },
  // 554 5.7.1 Service unavailable; Client host [203.0.113.25] blocked using zen.spamhaus.org
  {
    means: 'CLIENT_BLOCKLISTED',
    confidence: 'certain',
    of: 5,
    at: ['ehlo', ...TRANSACTION],
    text: /blocked using|block ?list|blacklist|spamhaus|\bDNSBL\b|\bRBL\b|poor reputation/i,
  },
];

/** Enhanced codes (RFC 3463, and those that Google and Microsoft add), with words where they need them. */
export const enhancedCodes: readonly ReplyRule[] = [
  ...client,
  // Nobody but Microsoft has 5.7.139; its texts are above, but for the plain "wrong password".
  {
    means: (reply) =>
      /credentials were incorrect/i.test(reply.text) ? refusedSignIn(reply) : undefined,
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    enhanced: /^5\.7\.139$/,
  },
  {
    means: 'M365_SMTP_AUTH_DISABLED',
    confidence: 'guess',
    of: 5,
    at: ['auth'],
    enhanced: /^5\.7\.139$/,
  },
  {
    means: 'M365_BASIC_AUTH_OFF',
    confidence: 'likely',
    of: 5,
    enhanced: /^5\.7\.30$/,
    from: 'microsoft',
  },
  // 530 5.7.57 Client not authenticated to send mail; 5.7.60 may not send as this sender (Exchange)
  { means: 'AUTH_REQUIRED', confidence: 'certain', of: 5, enhanced: /^5\.7\.57$/ },
  { means: 'SENDER_NOT_OWNED', confidence: 'certain', of: 5, enhanced: /^5\.(?:7\.60|2\.252)$/ },
  { means: 'RELAY_DENIED', confidence: 'certain', of: 5, enhanced: /^5\.7\.64$/ },
  {
    means: 'GMAIL_APP_PASSWORD',
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    enhanced: /^5\.7\.9$/,
    from: 'google',
  },
  {
    means: 'GMAIL_WEB_LOGIN',
    confidence: 'likely',
    of: 5,
    at: ['auth'],
    enhanced: /^5\.7\.14$/,
    from: 'google',
  },
  // 550-5.7.26 This message fails to pass SPF and DKIM checks
  { means: 'DMARC_REJECTED', confidence: 'certain', of: 5, enhanced: /^5\.7\.26$/ },
  { means: 'QUOTA_EXCEEDED', confidence: 'certain', of: 5, enhanced: /^5\.(?:1\.90|4\.5)$/ },
  { means: 'SMTPUTF8_MISSING', confidence: 'certain', of: 5, enhanced: /^5\.6\.7$/ },
  {
    means: 'SENDER_DOMAIN_UNKNOWN',
    confidence: 'likely',
    of: 5,
    at: TRANSACTION,
    enhanced: /^5\.1\.8$/,
  },
  // 450 4.1.8 <noreply@nowhere>: Sender address rejected: Domain not found
  {
    means: 'SENDER_DOMAIN_UNKNOWN',
    confidence: 'likely',
    of: 'any',
    at: ['mail', 'rcpt'],
    text: /sender\b.{0,80}\bdomain (?:not found|does not exist)|sender verify failed/i,
  },
  { means: 'MESSAGE_TOO_LARGE', confidence: 'certain', of: 5, enhanced: /^5\.(?:3\.4|2\.3)$/ },
  {
    means: 'RECIPIENT_UNKNOWN',
    confidence: 'certain',
    of: 5,
    at: ['rcpt', 'data', 'dot'],
    enhanced: /^5\.1\.(?:[1236]|10)$/,
  },
  // 5.2.x: the mailbox is there, and disabled or full
  {
    means: 'RECIPIENT_UNKNOWN',
    confidence: 'guess',
    of: 5,
    at: ['rcpt', 'dot'],
    enhanced: /^5\.2\.[12]$/,
  },
];
