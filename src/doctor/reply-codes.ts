import { type JudgedReply, type ReplyRule, refusedSignIn, TRANSACTION } from './reply-rule.js';

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
