import { isTokenSignIn } from './reply-patterns.js';
import { isFrom, type JudgedReply, type ReplyRule, TRANSACTION } from './reply-rule.js';

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

const wantsTls = /STARTTLS|\bTLS\b|\bSSL\b|encrypt/i;
const wantsSignIn = /auth|log ?in|sign ?in/i;

const signIn: readonly ReplyRule[] = [
  { means: 'STARTTLS_REFUSED', confidence: 'certain', of: 'any', at: ['tls'] },
  {
    means: wantsWhat,
    confidence: 'certain',
    of: 5,
    codes: [530],
    at: ['auth', ...TRANSACTION],
  },
  // 538 5.7.11 Encryption required for requested authentication mechanism (RFC 4954)
  {
    means: ({ tls }) => (tls ? 'AUTH_MECH_UNSUPPORTED' : 'STARTTLS_REQUIRED'),
    confidence: 'certain',
    of: 5,
    codes: [538],
    at: ['auth'],
  },
  // 432 4.7.12 A password transition is needed (RFC 4954): a 4yz that asks for something
  {
    means: 'AUTH_PASSWORD_TRANSITION',
    confidence: 'certain',
    of: 4,
    codes: [432],
    at: ['auth'],
  },
  { means: 'AUTH_TEMPORARY', confidence: 'likely', of: 4, at: ['auth'] },
  {
    means: ({ authOffered }) =>
      authOffered.length === 0 ? 'AUTH_NOT_OFFERED' : 'AUTH_MECH_UNSUPPORTED',
    confidence: 'likely',
    of: 5,
    codes: [500, 502, 503, 504],
    at: ['auth'],
  },
  // 534 5.7.9 Authentication mechanism is too weak (RFC 4954)
  { means: 'AUTH_MECH_UNSUPPORTED', confidence: 'guess', of: 5, codes: [534], at: ['auth'] },
  { means: refusedSignIn, confidence: 'likely', of: 5, at: ['auth'] },
  // Exchange and Exim say 535 or 550 at MAIL to who has not signed in
  {
    means: ({ signedIn }) => (signedIn ? undefined : 'AUTH_REQUIRED'),
    confidence: 'likely',
    of: 5,
    at: ['mail', 'rcpt'],
    text: /authentication (?:is )?required|not authenticated|unauthenticated|must (?:be )?(?:authenticate|log ?in)|login required/i,
  },
];

const transaction: readonly ReplyRule[] = [
  {
    means: 'RELAY_DENIED',
    confidence: 'certain',
    of: 5,
    at: ['mail', 'rcpt', 'dot'],
    text: /relay(?:ing)?\b.{0,40}\b(?:denied|not (?:permitted|allowed)|prohibited|disallowed)|unable to relay|(?:not permitted to|no) relay|not (?:a )?local (?:domain|host)/i,
  },
  {
    means: 'GREYLISTED',
    confidence: 'certain',
    of: 4,
    at: TRANSACTION,
    text: /gr[ea]y[- ]?list/i,
  },
  {
    means: 'GREYLISTED',
    confidence: 'guess',
    of: 4,
    codes: [450, 451],
    at: ['rcpt'],
    text: /try again (?:in|after) \d+|deferred.{0,40}minutes|first (?:time|contact)/i,
  },
  {
    means: 'DMARC_REJECTED',
    confidence: 'likely',
    of: 5,
    at: TRANSACTION,
    text: /\bDMARC\b|\bSPF\b.{0,40}\b(?:fail|reject|not allowed)|fails? (?:to pass )?(?:SPF|DKIM)/i,
  },
  {
    means: 'MESSAGE_TOO_LARGE',
    confidence: 'likely',
    of: 5,
    at: TRANSACTION,
    text: /(?:message|size)\b.{0,40}\b(?:too (?:big|large)|exceeds?)/i,
  },
  { means: 'MESSAGE_TOO_LARGE', confidence: 'guess', of: 5, codes: [552], at: TRANSACTION },
  {
    means: 'CONTENT_REJECTED',
    confidence: 'likely',
    of: 5,
    at: ['data', 'dot'],
    text: /\bspam|\bvirus|\bcontent|\bphish|junk|suspicious/i,
  },
  {
    means: 'SERVER_TEMPORARY',
    confidence: 'likely',
    of: 4,
    at: ['greeting', 'ehlo', ...TRANSACTION],
  },
];

/** What is left when nobody's words and no enhanced code say more. */
const last: readonly ReplyRule[] = [
  { means: 'GREETING_REJECTED', confidence: 'certain', of: 5, at: ['greeting'] },
  { means: 'EHLO_UNSUPPORTED', confidence: 'likely', of: 5, codes: [500, 502], at: ['ehlo'] },
  { means: 'EHLO_NAME_REJECTED', confidence: 'guess', of: 5, at: ['ehlo'] },
  {
    means: ({ signedIn }) => (signedIn ? 'SENDER_NOT_OWNED' : 'SENDER_NOT_VERIFIED'),
    confidence: 'guess',
    of: 5,
    at: ['mail'],
  },
  {
    means: ({ signedIn, enhancedCode }) =>
      enhancedCode === '5.7.1' && !signedIn ? 'RELAY_DENIED' : 'RECIPIENT_UNKNOWN',
    confidence: 'guess',
    of: 5,
    at: ['rcpt'],
  },
  { means: 'CONTENT_REJECTED', confidence: 'guess', of: 5, at: ['data', 'dot'] },
];

/** Code and stage, in the order in which they are tried. */
export const codesAndStages: readonly ReplyRule[] = [...signIn, ...transaction, ...last];

/** 530 asks for TLS or for a sign-in, and its text, or the session, says for which. */
function wantsWhat({ text, tls, signedIn }: JudgedReply) {
  if (!tls && (wantsTls.test(text) || !wantsSignIn.test(text))) return 'STARTTLS_REQUIRED';
  return signedIn ? undefined : 'AUTH_REQUIRED';
}

function refusedSignIn(reply: JudgedReply) {
  const { method, username = '', text } = reply;
  if (isTokenSignIn(reply)) return 'OAUTH_TOKEN_REFUSED';
  if (method === 'NTLM' && /[\\/]/.test(username))
    return { code: 'NTLM_DOMAIN', confidence: 'guess' } as const;
  if (isFrom('google', reply)) return 'GMAIL_APP_PASSWORD';
  if (!username.includes('@') && /(?:full|complete) (?:e-?mail|mail) address/i.test(text))
    return 'USERNAME_FORM';
  return 'AUTH_BAD_CREDENTIALS';
}
