import type { Rung } from '#mailer-config';
import type { ComposedMessage } from './compose.js';
import { type Command, commandsFor, type Means, STAGE_OF, type Step } from './mail-commands.js';
import { MessageBody, type Wire } from './message-body.js';
import type { Deadline } from './reply-timer.js';
import { type Reply, replyLine } from './reply.js';
import { classify, isUnknownBdat, type TransactionStage } from './reply-class.js';
import type { Cause } from './smtp.errors.js';
import type { Ending, Submission } from './submission.js';
import type { Outcome } from './verdict.js';
import { FINAL_DOT } from './wire-format.js';

/**
 * The mail transaction of one message (RFC 5321 section 3.3): what is still to be said, which
 * replies are owed, and what has been handed over. That, and nothing else, decides whether a
 * failure means "surely not sent" or "maybe sent" (RFC 1047).
 */
export class Transaction {
  /** Undefined until it is known; replies may be owed after that. */
  ending: Ending | undefined;
  /** Nobody waits for it any more, and the server may be waiting for its message. */
  isGivenUp = false;
  /** The server announced CHUNKING, and does not know BDAT. */
  refusedBdat = false;
  /**
   * RSET was refused when the message had been written behind it. That may be carried out all the
   * same, and a yes may be the answer to something else.
   */
  refusedReset = false;
  /** The server has refused the envelope and taken the message. */
  isContradicted = false;
  /** The answer to its envelope, where the message had been written behind that. */
  #refused: Refused | undefined;
  /** Groups of commands that are still to be written. */
  readonly #toSay: Command[][];
  readonly #owed: Step[] = [];
  readonly #body: MessageBody;
  #mailOpen = false;
  #dataOpen = false;

  constructor(
    readonly submission: Submission,
    private readonly message: ComposedMessage,
    private readonly wire: Wire,
    private readonly means: Means,
  ) {
    this.#toSay = commandsFor(message, means);
    this.#body = new MessageBody(message.raw, means.rung === 'chunking', wire);
  }

  /**
   * @param ahead with the message right behind its envelope, where BDAT allows it. Nothing of it
   * can be taken back then, so the connection should be known to be alive
   */
  begin(ahead: boolean): void {
    this.#sayNext();
    const waits = this.message.envelope.to.length > 1 || this.#body.isLarge;
    if (ahead && !waits && this.rung === 'chunking') this.#handOver();
  }

  /** Is there no reply to wait for, and nothing more to write? */
  get isDone(): boolean {
    return this.ending !== undefined && this.#owed.length === 0;
  }

  /** Whatever the replies are, it writes nothing more: another one may be written behind it. */
  get isClear(): boolean {
    return this.#body.isHandedOver || this.isDone;
  }

  /** More was asked of the server than one command of RFC 5321 at a time. */
  get isAhead(): boolean {
    return this.#owed.length > 1 || (this.#body.isHandedOver && this.rung === 'chunking');
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
    if (step) return STAGE_OF[step];
    return this.#body.isOnItsWay ? 'data' : 'mail';
  }

  /** When the reply that is awaited has to be here. @param since when the one before it came */
  deadline(since: number): Deadline {
    const { command, data } = this.means.timeouts;
    const [step] = this.#owed;
    return step === undefined || step === 'dot' || step === 'chunk'
      ? { at: Math.max(since, this.#body.beganAt) + data, ms: data }
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
      (step === 'reset' && code >= 300 && !this.#body.isHandedOver) ||
      // what followed BDAT was read as commands
      this.refusedBdat ||
      this.isContradicted ||
      // no answer to what was asked: whatever comes next can't be trusted
      (this.#body.isHandedOver && code >= 300 && code < 400);
    if (isOver) return { kind: 'reply', reply };
    return this.#owed.length === 0 ? this.#goOn() : undefined;
  }

  /**
   * The connection is over.
   * @param saidGoodbye the server, to a message before this one, and closed: it has read no further
   */
  lost(why: Cause, saidGoodbye: boolean): void {
    const { stage } = this;
    const isSure = !this.refusedReset || this.#refused?.reply.code === 421;
    if (this.#refused && isSure)
      return this.#end(this.#refused.outcome, this.#refused.stage, this.#refused.reply);
    if (this.#body.isHandedOver && !saidGoodbye)
      return this.#conclude({ outcome: 'unknown', stage, why });
    const isAborted = why.kind === 'aborted';
    const outcome = isAborted ? 'deferred' : 'account-failed';
    this.#conclude({ outcome, stage, why, again: this.means.isSecond && !isAborted });
  }

  /** Nobody waits for it any more. @returns whether the connection can still be used */
  giveUp(): boolean {
    if (this.ending || this.#body.isHandedOver) return true;
    // The server may wait for a message already, and no command takes that back.
    this.#conclude({ outcome: 'deferred', stage: this.stage, why: { kind: 'aborted' } });
    this.isGivenUp = true;
    return false;
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
    if (!this.ending) {
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
    if (!this.#body.isOnItsWay)
      this.submission.transcript.client(`(message, ${this.message.raw.length} octets)`);
    const owed = this.#body.write(() => {
      const why = this.ending ? undefined : this.#handOver();
      if (why) this.wire.end(why);
    });
    if (owed) this.#owed.push(owed);
    return undefined;
  }

  #tooLate(): Cause | undefined {
    const why: Cause = { kind: 'aborted' };
    this.#conclude({ outcome: 'deferred', stage: 'data', why });
    return this.#dataOpen ? why : undefined;
  }

  #judge(step: Step, reply: Reply): void {
    const { code } = reply;
    switch (step) {
      case 'reset':
        if (code >= 300) this.#judgeReset(reply);
        break;
      case 'mail':
      case 'rcpt':
      case 'data':
        if (step === 'mail') this.#mailOpen = code < 300;
        if (step === 'data') this.#dataOpen = code >= 300 && code < 400;
        this.#judgeOnTheWay(step, reply);
        break;
      case 'copy': // A copy that is refused is the copy's loss alone.
        break;
      case 'chunk':
        if (code >= 300) this.#endChunked(refusalOf(reply), 'data', reply);
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

  #judgeReset(reply: Reply): void {
    if (!this.#body.isHandedOver) return this.lost({ kind: 'reply', reply }, false);
    this.refusedReset = true;
    this.#refuse({ outcome: 'account-failed', stage: 'mail', reply });
  }

  /** What has been handed over already is decided by the answer to it; see {@link #judgeFinal}. */
  #judgeOnTheWay(step: 'mail' | 'rcpt' | 'data', reply: Reply): void {
    const means = classify(step, reply);
    if (means === 'go-on' || this.#refused) return;
    if (!this.#body.isHandedOver) return this.#end(means, step, reply);
    this.#refuse({ outcome: means, stage: step, reply });
  }

  #refuse(refused: Refused): void {
    const { stage, reply } = refused;
    this.#refused = refused;
    // No answer to what was asked: the server may have read all of it, and answered otherwise.
    if (reply.code < 400)
      this.#conclude({ outcome: 'unknown', stage, why: { kind: 'reply', reply } });
  }

  #judgeFinal(reply: Reply): void {
    const isChunk = this.rung === 'chunking';
    // After a refused recipient a server says 503 to BDAT and keeps the envelope (RFC 3030).
    this.#mailOpen = isChunk && reply.code >= 400 && this.#mailOpen;
    this.#dataOpen = false;
    if (this.#refused) return this.#judgeRefused(this.#refused, reply);
    const means = classify('dot', reply);
    // `dot` has no way on; the type can't know
    const outcome = means === 'go-on' ? 'unknown' : means;
    if (isChunk) this.#endChunked(outcome, 'dot', reply);
    else this.#end(outcome, 'dot', reply);
  }

  /** The answer to BDAT, which may be about the command itself: then the message goes by DATA. */
  #endChunked(outcome: Outcome, stage: 'data' | 'dot', reply: Reply): void {
    if (this.ending || !isUnknownBdat(reply)) return this.#end(outcome, stage, reply);
    this.refusedBdat = true;
    const why: Cause = { kind: 'reply', reply };
    this.#conclude({ outcome: 'account-failed', stage, why, again: true });
  }

  /** Its envelope was refused, and it had been written behind that. */
  #judgeRefused({ outcome, stage, reply }: Refused, final: Reply): void {
    if (final.code >= 400) return this.#end(outcome, stage, reply);
    // One of the two answers is another's: whatever comes next can't be trusted.
    this.isContradicted = true;
    this.#conclude({ outcome: 'unknown', stage: 'dot', why: { kind: 'reply', reply: final } });
  }

  // The end was not written, so the message can't have been taken, whatever the reply says.
  #answeredEarly(reply: Reply): Cause {
    const isRefusal = reply.code >= 400;
    const why: Cause = isRefusal ? { kind: 'reply', reply } : outOfTurn(reply);
    const outcome = isRefusal ? refusalOf(reply) : 'account-failed';
    this.#conclude({ outcome, stage: 'data', why });
    return why;
  }

  #end(outcome: Outcome, stage: TransactionStage, reply: Reply): void {
    const isSpent = reply.code === 421 || this.refusedReset;
    const again = this.means.isSecond && outcome === 'account-failed' && isSpent;
    this.#conclude({ outcome, stage, why: { kind: 'reply', reply }, again });
  }

  #conclude(ending: Ending): void {
    if (this.ending) return;
    this.ending = ending;
    this.submission.end(ending);
  }

  #note(reply: Reply): void {
    if (this.ending) return;
    const last = reply.lines.length - 1;
    for (const [at, text] of reply.lines.entries())
      this.submission.transcript.server(`${reply.code}${at < last ? '-' : ' '}${text}`);
  }
}

interface Refused {
  readonly outcome: Outcome;
  readonly stage: TransactionStage;
  readonly reply: Reply;
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
