import type { Duplex } from 'node:stream';
import { MalformedReply, type Reply, replyLine, ReplyParser } from '#smtp';
import type { SessionLog } from './session-log.js';

/** What came when something was waited for. */
export type Heard =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly ms: number }
  /** Nothing in time, or not to its end: `received` is the beginning. */
  | { readonly kind: 'silence'; readonly ms: number; readonly received: string }
  /** The other side ended it; `error` where it did so other than in order. */
  | {
      readonly kind: 'closed';
      readonly ms: number;
      readonly received: string;
      readonly error: NodeJS.ErrnoException | undefined;
    }
  /** It came, and is no reply of SMTP. */
  | { readonly kind: 'malformed'; readonly ms: number; readonly received: string };

/** Replies that may wait to be asked for: a server that says more says it to fill our memory. */
const MOST_REPLIES = 100;

/** Octets that are kept as they came, to tell what speaks there. */
const KEPT_OCTETS = 1024;

/**
 * The line-by-line side of a connection, plain or encrypted, from the moment it exists: what comes
 * before anybody asks is kept. A server can make it neither wait nor grow beyond its bounds.
 */
export class Wire {
  /** The first octets. */
  first: Buffer = Buffer.alloc(0);
  /** Milliseconds from the beginning to the first octet. */
  firstAt: number | undefined;
  readonly #parser = new ReplyParser();
  readonly #replies: Reply[] = [];
  readonly #born = performance.now();
  #broken: Heard | undefined;
  #wake: () => void = () => {};

  constructor(
    readonly socket: Duplex,
    private readonly log: SessionLog,
  ) {
    socket.on('data', this.#read).on('end', this.#ended).on('close', this.#ended);
    socket.on('error', this.#failed);
    // a tunnel through a proxy comes paused
    socket.resume();
    if (socket.destroyed) this.#ended();
  }

  /** Milliseconds since the beginning. */
  get age(): number {
    return Math.round(performance.now() - this.#born);
  }

  /** Something that nobody asked for came in, whole or in part. */
  get hasMore(): boolean {
    return this.#replies.length > 0 || this.#parser.unfinished !== '';
  }

  /** Waits for the first octet, or the end. @returns whether either came in time */
  async stirs(ms: number): Promise<boolean> {
    return await this.#until(() => this.firstAt !== undefined || this.#broken !== undefined, ms);
  }

  /** The next reply, or why there is none. */
  async next(ms: number): Promise<Heard> {
    await this.#until(() => this.#replies.length > 0 || this.#broken !== undefined, ms);
    const reply = this.#replies.shift();
    if (!reply)
      return this.#broken ?? { kind: 'silence', ms: this.age, received: this.#parser.unfinished };
    const last = reply.lines.length - 1;
    for (const [at, text] of reply.lines.entries())
      this.log.server(`${reply.code}${at < last ? '-' : ' '}${text}`);
    return { kind: 'reply', reply, ms: this.age };
  }

  /** Sends a command and waits for its reply. @param shown what the transcript has instead */
  async ask(command: string, ms: number, shown = command): Promise<Heard> {
    this.log.client(shown);
    if (this.socket.writable) this.socket.write(`${command}\r\n`);
    return await this.next(ms);
  }

  /** Gives the stream to somebody else; this wire hears nothing any more. */
  release(): void {
    this.socket.off('data', this.#read).off('end', this.#ended).off('close', this.#ended);
    this.socket.pause();
  }

  /** Ends in order, without waiting. */
  quit(): void {
    if (!this.socket.writable) return;
    this.log.client('QUIT');
    this.socket.end('QUIT\r\n');
  }

  readonly #read = (chunk: Buffer): void => {
    if (this.#broken) return;
    this.firstAt ??= this.age;
    if (this.first.length < KEPT_OCTETS)
      this.first = Buffer.concat([this.first, chunk]).subarray(0, KEPT_OCTETS);
    try {
      this.#parser.push(chunk);
      for (let reply = this.#parser.next(); reply; reply = this.#parser.next()) {
        this.#replies.push(reply);
        if (this.#replies.length > MOST_REPLIES)
          throw new MalformedReply('too many replies', replyLine(reply));
      }
    } catch (error) {
      if (!(error instanceof MalformedReply)) throw error;
      this.log.server(error.received);
      this.#break({ kind: 'malformed', ms: this.age, received: error.received });
      // whatever else it may say is not worth the memory
      this.socket.destroy();
    }
    this.#wake();
  };

  readonly #ended = (): void => this.#close(undefined);

  readonly #failed = (error: Error): void => this.#close(error);

  #close(error: NodeJS.ErrnoException | undefined): void {
    const received = this.#parser.unfinished;
    this.#break({ kind: 'closed', ms: this.age, received, error });
  }

  #break(how: Heard): void {
    this.#broken ??= how;
    this.#wake();
  }

  async #until(isTrue: () => boolean, ms: number): Promise<boolean> {
    if (isTrue()) return true;
    return await new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        this.#wake = () => {};
        resolve(isTrue());
      };
      const timer = setTimeout(done, Math.max(ms, 1));
      this.#wake = () => {
        if (isTrue()) done();
      };
    });
  }
}
