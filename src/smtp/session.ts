import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { SmtpSettings } from '#mailer-config';
import type { Capabilities } from './capabilities.js';
import type { ComposedMessage } from './compose.js';
import { classify } from './reply-class.js';
import { ReplyStream } from './reply-stream.js';
import { SmtpFailure } from './smtp.errors.js';
import { type Attempt, type Ending, Transaction } from './transaction.js';
import { toWire } from './wire-format.js';

/**
 * A connection that is secured and signed in, with our own mail transaction on it. It knows at
 * each moment what has been handed over; that, and nothing else, decides whether a failure means
 * "surely not sent" or "maybe sent" (RFC 1047).
 */
export class SmtpSession {
  /** Has it carried a message before? A connection may die of old age while idle. */
  used = false;
  /** Resolves once the socket is gone. */
  readonly closed: Promise<unknown>;
  readonly #replies: ReplyStream;
  #tidying: Promise<boolean> = Promise.resolve(true);

  constructor(
    private readonly socket: Socket,
    private readonly capabilities: Capabilities,
    private readonly timeouts: SmtpSettings['timeouts'],
    /** What was signed in with; it may expire, and the session goes on. */
    readonly token?: string,
  ) {
    this.closed = socket.destroyed ? Promise.resolve() : once(socket, 'close').catch(() => {});
    this.#replies = new ReplyStream(socket);
  }

  /** Nothing is known against sending the next message over it. */
  get usable(): boolean {
    return this.socket.writable && !this.#replies.over && this.#replies.waiting.length === 0;
  }

  /** While idle a server says nothing; whatever it does say (421, FIN) ends the session. */
  watchIdle(): void {
    this.#replies.onUnasked = () => this.destroy();
    if (!this.usable) this.destroy();
  }

  /** Hands one message over. Never rejects for what a server does. */
  async send({ envelope, raw }: ComposedMessage, attempt: Attempt): Promise<Ending> {
    this.used = true;
    this.#tidying = Promise.resolve(false);
    this.#replies.onUnasked = () => {};
    const transaction = new Transaction(this.socket, this.#replies, this.timeouts, attempt);
    const ending = await this.#transact(transaction, envelope, raw);
    const { why } = ending;
    const broken = why.kind === 'reply' ? why.reply.code === 421 : why.kind !== 'policy';
    if (broken) this.destroy();
    else this.#tidying = transaction.tidyUp();
    return ending;
  }

  /** Ready for the next message? Resolves once the last transaction has been cleared away. */
  async tidied(): Promise<boolean> {
    return (await this.#tidying) && this.usable;
  }

  /** QUIT, without waiting long for the answer (RFC 5321 section 4.1.1.10). */
  quit(): void {
    this.#replies.onUnasked = () => this.destroy();
    this.socket.end('QUIT\r\n');
    setTimeout(() => this.destroy(), 1_000).unref();
  }

  destroy(): void {
    this.socket.destroy();
  }

  async #transact(
    transaction: Transaction,
    envelope: ComposedMessage['envelope'],
    raw: Buffer,
  ): Promise<Ending> {
    const { pipelining, size, maxSize } = this.capabilities;
    if (maxSize !== undefined && raw.length > maxSize) return tooBig(raw.length, maxSize);
    const mail = `MAIL FROM:<${envelope.from}>${size ? ` SIZE=${raw.length}` : ''}`;
    const [rcpt = '', ...copies] = envelope.to.map((address) => `RCPT TO:<${address}>`);
    try {
      // With a copy DATA waits for the replies: an accepted copy beside a refused recipient
      // would otherwise be sent an empty message (RFC 2920 section 3.1).
      if (pipelining)
        transaction.group([mail, rcpt, ...copies, ...(copies.length ? [] : ['DATA'])]);
      for (const [stage, command] of [
        ['mail', mail],
        ['rcpt', rcpt],
      ] as const) {
        const reply = await transaction.ask(stage, command);
        const means = classify(stage, reply);
        if (means !== 'go-on') return { outcome: means, stage, why: { kind: 'reply', reply } };
      }
      // A copy that is refused is the copy's loss alone.
      for (const copy of copies) await transaction.ask('rcpt', copy);
      const ready = await transaction.ask('data', 'DATA');
      const means = classify('data', ready);
      if (means !== 'go-on')
        return { outcome: means, stage: 'data', why: { kind: 'reply', reply: ready } };
      return await transaction.handOver(toWire(raw), raw.length);
    } catch (error) {
      if (!(error instanceof SmtpFailure)) throw error;
      return { outcome: transaction.outcomeOf(error.why), stage: error.stage, why: error.why };
    }
  }
}

const tooBig = (octets: number, limit: number): Ending => ({
  outcome: 'rejected',
  stage: 'mail',
  why: {
    kind: 'policy',
    sentence: `The message has ${octets} octets and the server takes at most ${limit}. It is not tried again.`,
  },
});
