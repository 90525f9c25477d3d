import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { EmbeddedThread } from './embedded-thread.js';

/** Milliseconds between two tries to open the database again. */
const PAUSE = 1_000;

/**
 * Keeps PGlite running on a directory: when its thread ends, it is opened again as soon as there is
 * room for that. It recovers from its files as after `kill -9`.
 */
export class EmbeddedKeeper {
  readonly #logger = new Logger('Database');
  readonly #stopping = new AbortController();
  #thread: EmbeddedThread | undefined;
  #running: Promise<void> | undefined;
  #deadline = Infinity;

  /**
   * @param hasRoom whether a recovery, which writes, can go well
   * @param onReopened called each time it is open again
   */
  constructor(
    private readonly directory: string,
    private readonly hasRoom: () => boolean,
    private readonly onReopened: () => void,
  ) {}

  /** Undefined while it is not open. */
  get thread(): EmbeddedThread | undefined {
    return this.#thread;
  }

  /** @throws where it can't be opened the first time */
  async start(): Promise<void> {
    const thread = await EmbeddedThread.open(this.directory);
    this.#thread = thread;
    this.#running = this.#keep(thread);
  }

  /** A query that takes longer than `ms` from now on means that the thread is frozen. */
  expectAnswersWithin(ms: number): void {
    this.#deadline = ms;
    this.#thread?.expectAnswersWithin(ms);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#thread?.close();
    await this.#running;
  }

  async #keep(first: EmbeddedThread): Promise<void> {
    for (let thread: EmbeddedThread | undefined = first; thread;) {
      const error = await thread.ended;
      this.#thread = undefined;
      if (this.#stopping.signal.aborted) return;
      this.#logger.error(`${error.message}. Opening it again.`);
      thread = await this.#reopen();
      if (!thread) return;
      this.#thread = thread;
      this.#logger.warn('The embedded database is open again.');
      this.onReopened();
    }
  }

  /** @returns undefined where it is to be closed meanwhile */
  async #reopen(): Promise<EmbeddedThread | undefined> {
    const { signal } = this.#stopping;
    for (let said = ''; !signal.aborted;) {
      try {
        if (this.hasRoom()) {
          const thread = await EmbeddedThread.open(this.directory);
          thread.expectAnswersWithin(this.#deadline);
          if (!signal.aborted) return thread;
          await thread.close();
        }
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        if (reason !== said)
          this.#logger.error(`The embedded database can not be opened yet: ${reason}`);
        said = reason;
      }
      await sleep(PAUSE, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  }
}
