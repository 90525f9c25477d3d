/** Milliseconds after which what could not be read is asked for again. */
const AGAIN_AFTER = 1_000;

/**
 * Reads something anew each time it may have changed, one reading after the other. One that fails is
 * repeated until it succeeds, for nobody tells of a change twice.
 */
export class Reload {
  #last: Promise<void> = Promise.resolve();
  #waiting: Promise<void> | undefined;
  #again: NodeJS.Timeout | undefined;
  #isClosed = false;

  /** @param onError hears of the first failure in a row */
  constructor(
    private readonly read: () => Promise<void>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Resolves after a reading that begins from now on, whatever came of it. Never rejects. */
  now(): Promise<void> {
    this.#waiting ??= this.#last = this.#last.then(() => this.#next());
    return this.#waiting;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#again);
    await this.#last;
  }

  async #next(): Promise<void> {
    this.#waiting = undefined;
    if (this.#isClosed) return;
    clearTimeout(this.#again);
    try {
      await this.read();
      this.#again = undefined;
    } catch (error) {
      if (!this.#again) this.onError(error);
      this.#again = setTimeout(() => void this.now(), AGAIN_AFTER).unref();
    }
  }
}
