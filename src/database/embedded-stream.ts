import { Duplex } from 'node:stream';
import { EmbeddedDatabaseAway } from './database.errors.js';
import type { EmbeddedThread } from './embedded-thread.js';

/** Message types of the frontend that make the server answer (PostgreSQL manual, 54.7). */
const SYNC = 'S'.charCodeAt(0);
const QUERY = 'Q'.charCodeAt(0);
const TERMINATE = 'X'.charCodeAt(0);

/** AuthenticationOk and ReadyForQuery: whoever is in this process has signed in already. */
const WELCOME = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 0, 0x5a, 0, 0, 0, 5, 0x49]);

/** A type octet, then the length of the rest, itself included. */
const HEADER_BYTES = 5;

/**
 * What node-postgres takes for the socket to its server: cuts the octets it writes into whole
 * exchanges for the thread, and gives it the answers to read. Without a thread, or when it ends, it
 * is a connection that is refused or lost.
 */
export class EmbeddedStream extends Duplex {
  #unsent: Buffer = Buffer.alloc(0);
  #isStarted = false;

  constructor(private readonly thread: EmbeddedThread | undefined) {
    super();
    void thread?.ended.then((error) => this.destroy(error));
  }

  connect(): this {
    process.nextTick(() => {
      if (this.thread) this.emit('connect');
      else this.destroy(new EmbeddedDatabaseAway());
    });
    return this;
  }

  // What a socket has besides; it means nothing here.
  setNoDelay(): this {
    return this;
  }
  setKeepAlive(): this {
    return this;
  }
  ref(): this {
    return this;
  }
  unref(): this {
    return this;
  }

  override _read(): void {
    // The thread's answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#unsent = this.#unsent.length > 0 ? Buffer.concat([this.#unsent, chunk]) : chunk;
    this.#sendWholeExchanges();
    done();
  }

  #sendWholeExchanges(): void {
    if (!this.#isStarted) {
      // The startup message alone has no type octet; nothing follows it before our answer.
      this.#isStarted = true;
      this.#unsent = Buffer.alloc(0);
      this.push(WELCOME);
      return;
    }
    let end = 0;
    let at = 0;
    while (at + HEADER_BYTES <= this.#unsent.length) {
      const type = this.#unsent[at];
      at += 1 + this.#unsent.readUInt32BE(at + 1);
      if (at > this.#unsent.length) break;
      if (type === TERMINATE) {
        this.push(null);
        return;
      }
      if (type === SYNC || type === QUERY) end = at;
    }
    if (end === 0) return;
    // A copy: the thread gets the octets and not the pool that Buffer cuts small ones from.
    const exchange = new Uint8Array(this.#unsent.subarray(0, end));
    this.#unsent = this.#unsent.subarray(end);
    void this.#exchange(exchange);
  }

  async #exchange(octets: Uint8Array): Promise<void> {
    try {
      const { buffer, byteOffset, byteLength } = await (this.thread?.ask(octets) ??
        Promise.reject(new EmbeddedDatabaseAway()));
      if (!this.destroyed) this.push(Buffer.from(buffer, byteOffset, byteLength));
    } catch (error) {
      this.destroy(error as Error);
    }
  }
}
