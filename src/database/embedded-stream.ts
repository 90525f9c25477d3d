import { Duplex } from 'node:stream';
import type { Worker } from 'node:worker_threads';
import type { FromWorker } from './embedded.worker.js';

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
 * exchanges for the worker, and gives it the answers to read.
 */
export class EmbeddedStream extends Duplex {
  #unsent: Buffer = Buffer.alloc(0);
  #isStarted = false;

  constructor(private readonly worker: Worker) {
    super();
    worker.on('message', this.#receive);
    worker.on('error', this.#fail);
    worker.on('exit', this.#exited);
  }

  connect(): this {
    process.nextTick(() => this.emit('connect'));
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
    // The worker's answers are pushed as they come.
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.#unsent = this.#unsent.length > 0 ? Buffer.concat([this.#unsent, chunk]) : chunk;
    this.#sendWholeExchanges();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.worker.off('message', this.#receive);
    this.worker.off('error', this.#fail);
    this.worker.off('exit', this.#exited);
    done(error);
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
    // A copy: the worker gets the octets and not the pool that Buffer cuts small ones from.
    this.worker.postMessage(new Uint8Array(this.#unsent.subarray(0, end)));
    this.#unsent = this.#unsent.subarray(end);
  }

  #receive = (message: FromWorker): void => {
    if (typeof message === 'object' && 'byteLength' in message)
      this.push(Buffer.from(message.buffer, message.byteOffset, message.byteLength));
  };

  #fail = (error: Error): void => {
    this.destroy(error);
  };

  #exited = (): void => {
    this.destroy(new Error('The embedded database has ended'));
  };
}
