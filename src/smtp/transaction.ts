import type { Rung, SmtpSettings } from '#mailer-config';
import type { ComposedMessage } from './compose.js';
import { type Reply, replyLine } from './reply.js';
import { classify, isUnknownBdat, type TransactionStage } from './reply-class.js';
import type { Cause } from './smtp.errors.js';
import type { Ending, Submission } from './submission.js';
import type { Outcome } from './verdict.js';
import { FINAL_DOT, toWire } from './wire-format.js';

/** What a reply is owed for; beside the commands of RFC 5321 those that clear up. */
type Step = TransactionStage | 'reset' | 'copy' | 'chunk' | 'empty';

/** Where octets go. */
export interface Wire {
  /** @param written told an error where not all of it was taken by the kernel */
  write(octets: string | Buffer, written?: (error?: Error | null) => void): void;
  /** The connection can't go on. */
  end(why: Cause): void;
}

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

type Command = readonly [Step, string];

/**
 * Far more than socket buffers hold. Of what is longer the end is written only once the rest is
 * gone, so that a connection that is lost on the way means "surely not sent".
 */
const LARGE = 256 * 1024;

/** The stage that a verdict names for what is not one of its own. */
const STAGE = {
  reset: 'mail',
  mail: 'mail',
  rcpt: 'rcpt',
  copy: 'rcpt',
  data: 'data',
  chunk: 'data',
  dot: 'dot',
  empty: 'dot',
} as const satisfies Record<Step, TransactionStage>;

/**
 * The mail transaction of one message (RFC 5321 section 3.3): what is still to be said, which
 * replies are owed, and what has been handed over. That, and nothing else, decides whether a
 * failure means "surely not sent" or "maybe sent" (RFC 1047).
 */
export class Transaction {
  /** Commands that are still to be written, in groups that go together (RFC 2920). */
  readonly #toSay: (readonly Command[])[];
  readonly #owed: Step[] = [];
  #mailOpen = false;
  #dataOpen = false;
  #body: 'unsent' | 'on its way' | 'there' | 'ended' = 'unsent';
  #bodyAt = 0;
  /** The end of the message has been written: from here on the server may have it. */
  #handedOver = false;
  #isConcluded = false;
  /** Nobody waits for it any more, and the server may be waiting for its message. */
  isGivenUp = false;
  /** The server announced CHUNKING, and does not know BDAT. */
  refusedBdat = false;

  constructor(
    readonly submission: Submission,
    private readonly message: ComposedMessage,
    private readonly wire: Wire,
    private readonly means: Means,
  ) {
    const { rung } = means;
    const [rcpt, copies] = this.#envelope();
    const data = ['data', 'DATA'] as const;
    if (rung === 'chunking') this.#toSay = [[...rcpt, ...copies]];
    else if (rung === 'in-turn') this.#toSay = [...rcpt, ...copies, data].map((each) => [each]);
    // With a copy DATA waits for the replies: an accepted copy beside a refused recipient would
    // otherwise be sent an empty message (RFC 2920 section 3.1).
    else this.#toSay = copies.length > 0 ? [[...rcpt, ...copies], [data]] : [[...rcpt, data]];
  }

  /**
   * @param ahead with the message right behind its envelope, where BDAT allows it. Nothing of it
   * can be taken back then, so the connection should be known to be alive
   */
  begin(ahead: boolean): void {
    const waits = this.message.envelope.to.length > 1 || this.#isLarge;
    this.#sayNext();
    if (ahead && this.means.rung === 'chunking' && !waits) this.#handOver();
  }

  /** Is there no reply to wait for, and nothing more to write? */
  get isDone(): boolean {
    return this.#isConcluded && this.#owed.length === 0;
  }

  /** Whatever the replies are, it writes nothing more: another one may be written behind it. */
  get isClear(): boolean {
    return this.#handedOver || this.isDone;
  }

  /** More was asked of the server than one command of RFC 5321 at a time. */
  get isAhead(): boolean {
    return this.#owed.length > 1 || (this.#handedOver && this.rung === 'chunking');
  }

  /** The server still holds an envelope of it. */
  get leavesOpen(): boolean {
    return this.#mailOpen;
  }

  get rung(): Rung {
    return this.means.rung;
  }

  get stage(): TransactionStage {
    const [step] = this.#owed;
    if (step) return STAGE[step];
    return this.#body === 'on its way' ? 'data' : 'mail';
  }

  /** When the reply that is awaited has to be here. @param since when the one before it came */
  deadline(since: number): { readonly at: number; readonly ms: number } {
    const { command, data } = this.means.timeouts;
    const [step] = this.#owed;
    return step === undefined || step === 'dot' || step === 'chunk'
      ? { at: Math.max(since, this.#bodyAt) + data, ms: data }
      : { at: since + command, ms: command };
  }

  /** @returns why the connection can't go on, where it can't */
  heard(reply: Reply): Cause | undefined {
    this.#note(reply);
    const step = this.#owed.shift();
    if (step === undefined) return this.#answeredEarly(reply);
    this.#judge(step, reply);
    const { code } = reply;
    const isOver =
      code === 421 ||
      (step === 'reset' && code >= 300) ||
      // what followed BDAT was read as commands
      this.refusedBdat ||
      // no answer to what was asked: whatever comes next can't be trusted
      (step === 'dot' && code >= 300 && code < 400);
    if (isOver) return { kind: 'reply', reply };
    return this.#owed.length === 0 ? this.#goOn() : undefined;
  }

  /**
   * The connection is over.
   * @param saidGoodbye the server, to a message before this one, and closed: it has read no further
   */
  lost(why: Cause, saidGoodbye: boolean): void {
    const { stage } = this;
    if (this.#handedOver && !saidGoodbye) return this.#conclude({ outcome: 'unknown', stage, why });
    const isAborted = why.kind === 'aborted';
    const outcome = isAborted ? 'deferred' : 'account-failed';
    this.#conclude({ outcome, stage, why, again: this.means.isSecond && !isAborted });
  }

  /** Nobody waits for it any more. @returns whether the connection can still be used */
  giveUp(): boolean {
    if (this.#isConcluded || this.#handedOver) return true;
    // The server may wait for a message already, and no command takes that back.
    this.#conclude({ outcome: 'deferred', stage: this.stage, why: { kind: 'aborted' } });
    this.isGivenUp = true;
    return false;
  }

  get #isLarge(): boolean {
    return this.message.raw.length > LARGE;
  }

  #envelope(): [rcpt: Command[], copies: Command[]] {
    const { envelope, raw, eightBit } = this.message;
    const { reset, takesSize } = this.means;
    const parameters = `${takesSize ? ` SIZE=${raw.length}` : ''}${eightBit ? ' BODY=8BITMIME' : ''}`;
    const [rcpt = '', ...copies] = envelope.to.map((address) => `RCPT TO:<${address}>`);
    const mail: Command = ['mail', `MAIL FROM:<${envelope.from}>${parameters}`];
    return [
      reset ? [['reset', 'RSET'], mail, ['rcpt', rcpt]] : [mail, ['rcpt', rcpt]],
      copies.map((copy) => ['copy', copy]),
    ];
  }

  #sayNext(): void {
    const group = this.#toSay.shift() ?? [];
    const commands = group.map(([, command]) => command).join('\r\n');
    this.submission.transcript.client(commands);
    for (const [step] of group) this.#owed.push(step);
    this.wire.write(`${commands}\r\n`);
  }

  /** All that was said is answered. */
  #goOn(): Cause | undefined {
    if (!this.#isConcluded) {
      if (this.#toSay.length === 0) return this.#handOver();
      this.#sayNext();
    } else if (this.#dataOpen) {
      // Every recipient was refused and the server wants a message all the same: the empty one
      // reaches nobody (RFC 2920 section 3.1).
      this.wire.write(FINAL_DOT);
      this.#owed.push('empty');
    }
    return undefined;
  }

  #handOver(): Cause | undefined {
    if (!this.submission.mayHandOver()) return this.#tooLate();
    const { raw } = this.message;
    const isChunk = this.means.rung === 'chunking';
    if (this.#body === 'unsent')
      this.submission.transcript.client(`(message, ${raw.length} octets)`);
    if (this.#isLarge && this.#body === 'unsent') return this.#sendLarge(isChunk);
    if (this.#body === 'unsent') {
      this.#bodyAt = performance.now();
      if (isChunk) this.wire.write(`BDAT ${raw.length} LAST\r\n`);
      this.wire.write(isChunk ? raw : toWire(raw), isChunk ? this.#whenWritten : undefined);
    } else if (isChunk) this.wire.write('BDAT 0 LAST\r\n', this.#whenWritten);
    if (!isChunk) this.wire.write(FINAL_DOT, this.#whenWritten);
    this.#body = 'ended';
    this.#handedOver = true;
    this.#owed.push('dot');
    return undefined;
  }

  #sendLarge(isChunk: boolean): undefined {
    const { raw } = this.message;
    this.#body = 'on its way';
    this.#bodyAt = performance.now();
    if (isChunk) {
      this.wire.write(`BDAT ${raw.length}\r\n`);
      this.wire.write(raw);
      this.#owed.push('chunk');
    } else {
      this.wire.write(toWire(raw), (error) => {
        if (error || this.#isConcluded) return;
        this.#body = 'there';
        const why = this.#handOver();
        if (why) this.wire.end(why);
      });
    }
    return undefined;
  }

  #tooLate(): Cause | undefined {
    const why: Cause = { kind: 'aborted' };
    this.#conclude({ outcome: 'deferred', stage: 'data', why });
    return this.#dataOpen ? why : undefined;
  }

  /** Not all of it has left us, so that nobody can have taken it. */
  readonly #whenWritten = (error?: Error | null): void => {
    if (error) this.#handedOver = false;
  };

  #judge(step: Step, reply: Reply): void {
    const { code } = reply;
    switch (step) {
      case 'reset':
        if (code >= 300) this.lost({ kind: 'reply', reply }, false);
        break;
      case 'mail':
      case 'rcpt':
      case 'data':
        if (step === 'mail') this.#mailOpen = code < 300;
        if (step === 'data') this.#dataOpen = code >= 300 && code < 400;
        this.#goesOnAfter(step, reply);
        break;
      case 'copy': // A copy that is refused is the copy's loss alone.
        break;
      case 'chunk':
        this.#body = 'there';
        if (code >= 300) this.#end(refusalOf(reply), 'data', reply);
        break;
      case 'dot':
        this.#judgeFinal(reply);
        break;
      case 'empty':
        this.#mailOpen = false;
        this.#dataOpen = false;
        break;
      default:
        step satisfies never;
    }
  }

  #goesOnAfter(step: 'mail' | 'rcpt' | 'data', reply: Reply): void {
    const means = classify(step, reply);
    if (means !== 'go-on') this.#end(means, step, reply);
  }

  #judgeFinal(reply: Reply): void {
    const isChunk = this.means.rung === 'chunking';
    // After a refused recipient a server says 503 to BDAT and keeps the envelope (RFC 3030).
    this.#mailOpen = isChunk && reply.code >= 400 && this.#mailOpen;
    this.#dataOpen = false;
    if (isChunk && !this.#isConcluded && isUnknownBdat(reply)) {
      this.refusedBdat = true;
      const why: Cause = { kind: 'reply', reply };
      return this.#conclude({ outcome: 'account-failed', stage: 'dot', why, again: true });
    }
    const outcome = classify('dot', reply);
    // `dot` has no way on; the type can't know
    this.#end(outcome === 'go-on' ? 'unknown' : outcome, 'dot', reply);
  }

  // The end was not written, so the message can't have been taken, whatever the reply says.
  #answeredEarly(reply: Reply): Cause {
    const isRefusal = reply.code >= 400;
    const why: Cause = isRefusal ? { kind: 'reply', reply } : outOfTurn(reply);
    const outcome = isRefusal ? refusalOf(reply) : 'account-failed';
    this.#conclude({ outcome, stage: 'data', why });
    return why;
  }

  #end(outcome: Ending['outcome'], stage: TransactionStage, reply: Reply): void {
    const again = this.means.isSecond && outcome === 'account-failed' && reply.code === 421;
    this.#conclude({ outcome, stage, why: { kind: 'reply', reply }, again });
  }

  #conclude(ending: Ending): void {
    if (this.#isConcluded) return;
    this.#isConcluded = true;
    this.submission.end(ending);
  }

  #note(reply: Reply): void {
    if (this.#isConcluded) return;
    const last = reply.lines.length - 1;
    for (const [at, text] of reply.lines.entries())
      this.submission.transcript.server(`${reply.code}${at < last ? '-' : ' '}${text}`);
  }
}

/** Of a message whose end was not written. */
function refusalOf(reply: Reply): Outcome {
  const means = classify('data', reply);
  return means === 'go-on' ? 'account-failed' : means;
}

/** A reply before its command (RFC 5321 section 4.3) would be taken for the answer to it. */
export const outOfTurn = (reply: Reply): Cause =>
  reply.code === 421
    ? { kind: 'reply', reply }
    : { kind: 'malformed', received: `${replyLine(reply)}, before it was asked` };
