import type { Socket } from 'node:net';
import { watch } from './deadline.js';
import { MalformedReply, type Reply, ReplyParser } from './reply.js';
import { type Cause, SmtpFailure } from './smtp.errors.js';
import type { Stage } from './verdict.js';

/** The replies of a server in order, and the end of the connection as their last word. */
export class ReplyStream {
  readonly #parser = new ReplyParser();
  readonly #replies: Reply[] = [];
  #ended: Cause | undefined;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    socket.on('data', (chunk: Buffer) => this.#read(chunk));
    socket.on('end', () => this.#end(undefined));
    socket.on('close', () => this.#end(undefined));
    socket.on('error', (error: NodeJS.ErrnoException) => this.#end(error.code));
  }

  /** Replies that nobody has asked for yet: out of turn, when nothing was sent. */
  get waiting(): readonly Reply[] {
    return this.#replies;
  }

  /** Why the connection is over or can't be read any more; undefined while it is good. */
  get over(): Cause | undefined {
    return this.#ended;
  }

  /** Runs whenever something arrives or ends while nobody waits. */
  onUnasked: () => void = () => {};

  /** @throws SmtpFailure at this stage when no complete reply comes in time */
  async next(stage: Stage, ms: number, signal: AbortSignal | undefined): Promise<Reply> {
    return await new Promise((resolve, reject) => {
      const fail = (cause: Cause): void => {
        stop();
        this.#wake = () => this.onUnasked();
        reject(new SmtpFailure(stage, cause));
      };
      const stop = watch(ms, signal, fail);
      this.#wake = () => {
        const reply = this.#replies.shift();
        if (!reply && !this.#ended) return;
        if (!reply && this.#ended) return fail(this.#ended);
        stop();
        this.#wake = () => this.onUnasked();
        if (reply) resolve(reply);
      };
      this.#wake();
    });
  }

  #read(chunk: Buffer): void {
    if (this.#ended) return;
    this.#parser.push(chunk);
    try {
      for (let reply = this.#parser.next(); reply; reply = this.#parser.next())
        this.#replies.push(reply);
    } catch (error) {
      if (!(error instanceof MalformedReply)) throw error;
      this.#ended = { kind: 'malformed', received: error.received };
    }
    this.#wake();
  }

  #end(code: string | undefined): void {
    this.#ended ??= { kind: 'lost', code, received: this.#parser.unfinished };
    this.#wake();
  }
}
