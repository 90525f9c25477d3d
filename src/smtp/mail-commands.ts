import type { Rung, SmtpSettings } from '#mailer-config';
import type { ComposedMessage } from './compose.js';
import type { TransactionStage } from './reply-class.js';

/** What a reply is owed for; beside the commands of RFC 5321 those that clear up. */
export type Step = TransactionStage | 'reset' | 'copy' | 'chunk' | 'empty';

/** The stage that a verdict names for it. */
export const STAGE_OF = {
  reset: 'mail',
  mail: 'mail',
  rcpt: 'rcpt',
  copy: 'rcpt',
  data: 'data',
  chunk: 'data',
  dot: 'dot',
  empty: 'dot',
} as const satisfies Record<Step, TransactionStage>;

export type Command = readonly [Step, string];

/** What a transaction has to go by. */
export interface Means {
  readonly rung: Rung;
  readonly timeouts: SmtpSettings['timeouts'];
  /** MAIL takes SIZE (RFC 1870). */
  readonly takesSize: boolean;
  /** The one before it may have left its envelope open. */
  readonly reset: boolean;
  /** The connection has carried a message before, so that its end may have to do with that. */
  readonly isSecond: boolean;
}

/** The commands before the message, in groups that are written together (RFC 2920). */
export function commandsFor(message: ComposedMessage, means: Means): Command[][] {
  const [first, copies] = envelopeOf(message, means);
  const data: Command = ['data', 'DATA'];
  switch (means.rung) {
    case 'chunking':
      return [[...first, ...copies]];
    case 'in-turn':
      return [...first, ...copies, data].map((command) => [command]);
    default:
      // With a copy DATA waits for the replies: an accepted copy beside a refused recipient would
      // otherwise be sent an empty message (RFC 2920 section 3.1).
      return copies.length > 0 ? [[...first, ...copies], [data]] : [[...first, data]];
  }
}

function envelopeOf(
  { envelope, raw, eightBit }: ComposedMessage,
  { reset, takesSize }: Means,
): [first: Command[], copies: Command[]] {
  const size = takesSize ? ` SIZE=${raw.length}` : '';
  const body = eightBit ? ' BODY=8BITMIME' : '';
  const [rcpt = '', ...copies] = envelope.to.map((address) => `RCPT TO:<${address}>`);
  const mail: Command = ['mail', `MAIL FROM:<${envelope.from}>${size}${body}`];
  return [
    reset ? [['reset', 'RSET'], mail, ['rcpt', rcpt]] : [mail, ['rcpt', rcpt]],
    copies.map((copy) => ['copy', copy]),
  ];
}
