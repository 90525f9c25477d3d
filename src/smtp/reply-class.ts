import { refusalIn } from './refusals.js';
import type { Reply } from './reply.js';
import type { Outcome } from './verdict.js';

/** The commands of a mail transaction; `dot` is the end of the message. */
export type TransactionStage = 'mail' | 'rcpt' | 'data' | 'dot';

interface Rule {
  readonly at: readonly TransactionStage[];
  readonly when: (reply: Reply) => boolean;
  readonly means: Outcome | 'go-on';
}

const codes =
  (...listed: readonly number[]) =>
  ({ code }: Reply) =>
    listed.includes(code);
const digit =
  (first: 2 | 3 | 4 | 5) =>
  ({ code }: Reply) =>
    Math.floor(code / 100) === first;
const anyReply = (): boolean => true;

const BEFORE_DOT = ['mail', 'rcpt', 'data'] as const;

// X.3.4 "message too big for system", X.2.3 "message length exceeds limit" (RFC 3463).
const tooBig = ({ code, enhancedCode }: Reply): boolean =>
  code === 552 || enhancedCode === '5.3.4' || enhancedCode === '5.2.3';

// The sender, or all that comes from here: no other recipient would fare better.
const aboutUs = (reply: Reply): boolean =>
  digit(5)(reply) && ['sender', 'relaying'].includes(refusalIn(reply) ?? '');

// How much this account may send: tomorrow, or in a minute, the same message goes.
const aboutLimits = (reply: Reply): boolean => reply.code >= 400 && refusalIn(reply) === 'limit';

/**
 * What a reply to each command of a transaction means; the first rule that fits decides. A reply
 * is the account's when no other message would fare better through the same account, and the
 * message's when another message might.
 */
const RULES: readonly Rule[] = [
  // The way on: RFC 5321 section 4.3.2. 251 and 252 to RCPT are promises too. Only an
  // intermediate reply allows the message to be sent.
  { at: ['mail', 'rcpt'], when: digit(2), means: 'go-on' },
  { at: ['data'], when: digit(3), means: 'go-on' },

  // The final reply: from a 2yz on, the server answers for the message (section 6.1).
  { at: ['dot'], when: digit(2), means: 'accepted' },
  // Most providers judge their limits only here, and many with a code that would end the message.
  { at: ['dot'], when: aboutLimits, means: 'account-failed' },
  // 421 included: section 3.8 lets a server close down, and says that it did not take the mail.
  { at: ['dot'], when: digit(4), means: 'deferred' },
  { at: ['dot'], when: digit(5), means: 'rejected' },
  // A 3yz here is no answer to what was asked, and the message is in the server's hands.
  { at: ['dot'], when: anyReply, means: 'unknown' },

  // Section 3.8: 421 closes the channel, whatever command it answers. Nothing was handed over.
  { at: BEFORE_DOT, when: codes(421), means: 'account-failed' },
  // RFC 4954 section 6: sign-in required, too weak, failed, or only under encryption;
  // 454 is its temporary kin, and RFC 3207 section 4 uses it for TLS.
  { at: BEFORE_DOT, when: codes(454, 530, 534, 535, 538), means: 'account-failed' },

  { at: BEFORE_DOT, when: aboutLimits, means: 'account-failed' },

  // Section 4.2.1: any other 4yz asks for the same again later: greylisting (RFC 6647), a full
  // mailbox or disk (452), a busy one (450), a failure on the way (451).
  { at: BEFORE_DOT, when: digit(4), means: 'deferred' },

  // RFC 1870 section 6.1: a refused size is the message's own.
  { at: ['mail'], when: tooBig, means: 'rejected' },
  // Any other 5yz to MAIL refuses the sender, the same for all that this account sends.
  { at: ['mail'], when: digit(5), means: 'account-failed' },

  // Unknown command, not implemented, bad sequence (section 4.2.2): the session is in
  // disorder. That says nothing about the recipient or the message.
  { at: ['rcpt', 'data'], when: codes(500, 502, 503), means: 'account-failed' },
  // Postfix judges the sender only here, and everybody who may relay.
  { at: ['rcpt'], when: aboutUs, means: 'account-failed' },
  // Section 3.3: the recipient (RCPT) or the transaction (DATA) is refused for good.
  { at: ['rcpt', 'data'], when: digit(5), means: 'rejected' },

  // A reply of a class that the command can't have: the server doesn't speak our language.
  { at: BEFORE_DOT, when: anyReply, means: 'account-failed' },
];

/**
 * A server, or something on the way, that announced CHUNKING and does not know BDAT: the message
 * was read as nonsense, and goes by DATA.
 */
export const isUnknownBdat = codes(500, 501, 502, 503, 504);

/** What this reply to this command means; `go-on`: send what comes next. */
export function classify(stage: TransactionStage, reply: Reply): Outcome | 'go-on' {
  const rule = RULES.find(({ at, when }) => at.includes(stage) && when(reply));
  if (!rule) throw new Error(`No rule for ${reply.code} at ${stage}`);
  return rule.means;
}
