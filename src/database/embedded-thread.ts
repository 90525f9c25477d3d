import { once } from 'node:events';
import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import { atMost } from './at-most.js';
import { EmbeddedDatabaseEnded } from './database.errors.js';
import type { FromWorker, ToWorker } from './embedded.worker.js';

/** Milliseconds in which PGlite has to close its files; what it leaves it recovers from. */
const CLOSE_DEADLINE = 5_000;

/** ReadyForQuery, up to the status octet: the end of each whole answer (PostgreSQL manual, 54.7). */
const READY_FOR_QUERY = Buffer.from([0x5a, 0, 0, 0, 5]);

interface Exchange {
  answer: (octets: Uint8Array) => void;
  fail: (error: Error) => void;
}

/** One run of PGlite in a thread of its own, from its opening to its end, however it ends. */
export class EmbeddedThread {
  readonly #unanswered: Exchange[] = [];
  readonly #ended = Promise.withResolvers<Error>();
  #error: Error | undefined;
  #timer: NodeJS.Timeout | undefined;
  #deadline = Infinity;

  private constructor(private readonly worker: Worker) {
    worker.on('message', this.#receive);
    worker.on('error', (error) => this.#end(error.message));
    worker.on('exit', () => this.#end('its thread has exited'));
  }

  /** @throws where PGlite can't open the directory */
  static async open(directory: string): Promise<EmbeddedThread> {
    // The file beside this one, compiled or not.
    const file = new URL(`./embedded.worker${extname(import.meta.filename)}`, import.meta.url);
    const worker = new Worker(file, { workerData: directory });
    const answer = await answerOf(worker);
    if (answer === 'ready') return new EmbeddedThread(worker);
    await worker.terminate();
    throw new Error(typeof answer === 'object' && 'failed' in answer ? answer.failed : 'no answer');
  }

  /** Resolves with the reason when the thread is gone and the files are nobody's. */
  get ended(): Promise<Error> {
    return this.#ended.promise;
  }

  /** @param ms in which each exchange has to be answered from now on; a thread that does not is frozen */
  expectAnswersWithin(ms: number): void {
    this.#deadline = ms;
  }

  /**
   * @param octets a whole exchange
   * @returns the octets of its answer
   * @throws {EmbeddedDatabaseEnded} where the thread ends before
   */
  ask(octets: Uint8Array): Promise<Uint8Array> {
    if (this.#error) return Promise.reject(this.#error);
    return new Promise((answer, fail) => {
      this.#unanswered.push({ answer, fail });
      this.worker.postMessage(octets satisfies ToWorker);
      if (this.#unanswered.length === 1) this.#awaitAnswer();
    });
  }

  async close(): Promise<void> {
    if (!this.#error) {
      this.worker.postMessage('close' satisfies ToWorker);
      const closed = Promise.race([once(this.worker, 'message'), this.ended]);
      await atMost(CLOSE_DEADLINE, closed);
      this.#end('it was closed');
    }
    await this.ended;
  }

  #receive = (message: FromWorker): void => {
    if (typeof message !== 'object' || !('byteLength' in message)) return;
    clearTimeout(this.#timer);
    this.#unanswered.shift()?.answer(message);
    // A panic is told as an error, then PGlite is dead: it says nothing more, or spins for ever.
    const isWhole = READY_FOR_QUERY.equals(message.subarray(-READY_FOR_QUERY.length - 1, -1));
    if (!isWhole) setImmediate(() => this.#end('PostgreSQL has panicked'));
    else if (this.#unanswered.length > 0) this.#awaitAnswer();
  };

  #awaitAnswer(): void {
    if (this.#deadline === Infinity) return;
    const seconds = Math.ceil(this.#deadline / 1_000);
    this.#timer = setTimeout(
      () => this.#end(`it has not answered for ${seconds} s`),
      this.#deadline,
    ).unref();
  }

  /** Even a thread that spins inside WebAssembly is ended by this. */
  #end(reason: string): void {
    if (this.#error) return;
    const error = new EmbeddedDatabaseEnded(reason);
    this.#error = error;
    clearTimeout(this.#timer);
    for (const { fail } of this.#unanswered.splice(0)) fail(error);
    void this.worker.terminate().finally(() => this.#ended.resolve(error));
  }
}

/** @returns undefined where the worker ended without one; after that nobody would answer */
async function answerOf(worker: Worker): Promise<FromWorker | undefined> {
  const [answer] = await Promise.race([
    once(worker, 'message'),
    once(worker, 'exit').then(() => []),
  ]);
  return answer as FromWorker | undefined;
}
