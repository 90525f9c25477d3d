/** Thrown instead of queueing when there is no room. */
export class QueueFull extends Error {}

/**
 * Runs at most `atOnce` tasks at a time, keeps at most `waiting` more in order, and refuses the
 * rest at once: an answer that says "busy" now is worth more than one that comes too late.
 */
export class WorkQueue {
  #running = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(private readonly limits: { atOnce: number; waiting: number }) {}

  /** @throws {QueueFull} */
  async run<T>(task: () => Promise<T>): Promise<T> {
    await this.#enter();
    try {
      return await task();
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#running < this.limits.atOnce) {
      this.#running += 1;
      return;
    }
    if (this.#waiting.length >= this.limits.waiting) throw new QueueFull('The queue is full');
    await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }

  /** The place of who leaves goes to the next in line, without being free in between. */
  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#running -= 1;
  }
}
