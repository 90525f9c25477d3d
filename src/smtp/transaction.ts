import type { Socket } from 'node:net';
import type { SmtpSettings } from '#mailer-config';
import { watch } from './deadline.js';
import { type Reply, replyLine } from './reply.js';
import { classify, type TransactionStage } from './reply-class.js';
import type { ReplyStream } from './reply-stream.js';
import { type Cause, SmtpFailure } from './smtp.errors.js';
import type { Transcript } from './transcript.js';
import type { Outcome, Stage } from './verdict.js';
import { FINAL_DOT } from './wire-format.js';

/** How a transaction ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly stage: Stage;
  readonly why: Cause;
}

/** One attempt's means: where it is written down, and what ends it early. */
export interface Attempt {
  readonly transcript: Transcript;
  /** The access tokens it has to do with: nothing of what is said may repeat them. */
  readonly tokens: Set<string>;
  /** Ends the attempt as long as the final dot is not written. */
  readonly signal: AbortSignal;
  /** Ends it even then: we are closing down. */
  readonly stop: AbortSignal;
  /** Asked right before the final dot: is the message still ours to send? A signal may be late. */
  readonly mayHandOver?: (() => boolean) | undefined;
  /** Milliseconds of waiting for a connection where other processes have them all. */
  readonly patience?: number | undefined;
}

/** The commands of one message, what is still to be answered, and what has been handed over. */
export class Transaction {
  readonly #grouped: string[] = [];
  #mailAccepted = false;
  #dataAccepted = false;
  /** The final dot has been written: from here on the server may have the message. */
  #handedOver = false;

  constructor(
    private readonly socket: Socket,
    private readonly replies: ReplyStream,
    private readonly timeouts: SmtpSettings['timeouts'],
    private readonly attempt: Attempt,
  ) {}

  /** Sends commands together (RFC 2920); `ask` then reads the reply to each. */
  group(commands: readonly string[]): void {
    this.#write(commands.join('\r\n'));
    this.#grouped.push(...commands);
  }

  /** Sends the command, unless it went with the group, and reads its reply. */
  async ask(stage: TransactionStage, command: string): Promise<Reply> {
    if (this.#grouped[0] === command) this.#grouped.shift();
    else this.#write(command, stage);
    const reply = await this.#next(stage, this.timeouts.command);
    const { code } = reply;
    if (stage === 'mail') this.#mailAccepted = code < 300;
    if (stage === 'data') this.#dataAccepted = code >= 300 && code < 400;
    return reply;
  }

  /** Sends the message, then the dot, and reads the final reply. */
  async handOver(wire: Buffer, octets: number): Promise<Ending> {
    const { data } = this.timeouts;
    const began = performance.now();
    this.attempt.transcript.client(`(message, ${octets} octets)`);
    await this.#flush(wire, data);
    const early = this.replies.waiting[0];
    if (early) return this.#answeredEarly(early);
    if (this.replies.over) throw new SmtpFailure('data', this.replies.over);
    if (this.attempt.signal.aborted || this.attempt.mayHandOver?.() === false)
      throw new SmtpFailure('data', { kind: 'aborted' });
    this.#dataAccepted = false;
    this.#handedOver = true;
    this.socket.write(FINAL_DOT);
    // Only the answer can tell "sent" from "maybe sent" now, so it is worth the wait.
    const left = Math.max(1, data - (performance.now() - began));
    const reply = await this.#next('dot', left, this.attempt.stop);
    const outcome = classify('dot', reply);
    this.#mailAccepted = false;
    // `dot` has no way on; the type can't know
    return {
      outcome: outcome === 'go-on' ? 'unknown' : outcome,
      stage: 'dot',
      why: { kind: 'reply', reply },
    };
  }

  outcomeOf(cause: Cause): Outcome {
    if (this.#handedOver) return 'unknown';
    return cause.kind === 'aborted' ? 'deferred' : 'account-failed';
  }

  /**
   * Brings the session back to where the next MAIL is allowed: reads the replies still owed,
   * ends a message the server was told to expect, and resets an open transaction.
   * @returns whether that worked
   */
  async tidyUp(): Promise<boolean> {
    try {
      while (this.#grouped.length > 0) {
        const command = this.#grouped.shift();
        const { code } = await this.replies.next('data', this.timeouts.command, undefined);
        if (command === 'DATA') this.#dataAccepted = code >= 300 && code < 400;
      }
      if (this.#dataAccepted) {
        // Every recipient was refused and the server wants a message all the same: the empty one
        // reaches nobody (RFC 2920 section 3.1).
        this.socket.write(FINAL_DOT);
        await this.replies.next('dot', this.timeouts.command, undefined);
      } else if (this.#mailAccepted) {
        this.socket.write('RSET\r\n');
        const { code } = await this.replies.next('mail', this.timeouts.command, undefined);
        return code < 300;
      }
      return true;
    } catch (error) {
      if (error instanceof SmtpFailure) return false;
      throw error;
    }
  }

  #write(commands: string, stage: Stage = 'mail'): void {
    // A reply before its command (RFC 5321 section 4.3) would be taken for the answer to it.
    const [early] = this.replies.waiting;
    if (early) throw new SmtpFailure(stage, outOfTurn(early));
    this.attempt.transcript.client(commands);
    this.socket.write(`${commands}\r\n`);
  }

  async #next(stage: TransactionStage, ms: number, signal = this.attempt.signal): Promise<Reply> {
    const reply = await this.replies.next(stage, ms, signal);
    const last = reply.lines.length - 1;
    for (const [at, text] of reply.lines.entries())
      this.attempt.transcript.server(`${reply.code}${at < last ? '-' : ' '}${text}`);
    return reply;
  }

  /** Resolves once the octets are with the kernel; a server that does not read holds it up. */
  async #flush(wire: Buffer, ms: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const stop = watch(ms, this.attempt.signal, (why) => reject(new SmtpFailure('data', why)));
      this.socket.write(wire, (error) => {
        stop();
        const { code } = (error ?? {}) as NodeJS.ErrnoException;
        // what the server said before it hung up explains more than that it did
        if (error && this.replies.waiting.length === 0)
          reject(new SmtpFailure('data', { kind: 'lost', code, received: '' }));
        else resolve();
      });
    });
  }

  // The dot was not written, so the message can't have been taken, whatever the reply says.
  #answeredEarly(reply: Reply): Ending {
    const means = reply.code >= 400 ? classify('data', reply) : 'account-failed';
    this.socket.destroy();
    return {
      outcome: means === 'go-on' ? 'account-failed' : means,
      stage: 'data',
      why: reply.code >= 400 ? { kind: 'reply', reply } : outOfTurn(reply),
    };
  }
}

const outOfTurn = (reply: Reply): Cause =>
  reply.code === 421
    ? { kind: 'reply', reply }
    : { kind: 'malformed', received: `${replyLine(reply)}, before it was asked` };
