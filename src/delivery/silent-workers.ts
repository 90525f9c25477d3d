import type { Beats } from '#outbox';

/** Milliseconds between two looks after which the time between them says nothing. */
const BLINK = 15_000;

/**
 * Whom a worker has not seen show life for a while. It is its own monotonic clock that counts: the
 * database's may be set forward or back, and takes nobody's mails away by that. While it could not
 * look, for the database was away, the others could not show life either, so that all begin anew.
 */
export class SilentWorkers {
  readonly #seen = new Map<string, { readonly beats: string; readonly since: number }>();
  #lookedAt = -Infinity;

  /** @param silence milliseconds of it after which one is taken for dead */
  constructor(private readonly silence: number) {}

  /**
   * @param workers that have not ended, at this look
   * @param now `performance.now()` when they had been read
   * @returns those that have been silent for too long
   */
  look(workers: readonly Beats[], now: number): Beats[] {
    if (now - this.#lookedAt > BLINK) this.#seen.clear();
    this.#lookedAt = now;
    const ids = new Set(workers.map(({ id }) => id));
    for (const id of this.#seen.keys()) if (!ids.has(id)) this.#seen.delete(id);
    return workers.filter(({ id, beats }) => {
      const seen = this.#seen.get(id);
      if (seen?.beats === beats) return now - seen.since >= this.silence;
      this.#seen.set(id, { beats, since: now });
      return false;
    });
  }
}
