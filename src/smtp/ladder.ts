import { type Rung, RUNGS } from '#mailer-config';
import type { Capabilities } from './capabilities.js';

/** What a connection's end says about the rung it was on. */
export type Trouble =
  /** The server said something that fits nothing: it can't be on this rung. */
  | 'disorder'
  /** It fell silent, or hung up, with more written than it had answered. That may be the line. */
  | 'doubt';

/** How mails go on a rung, for people who know the ones above it. */
export const DESCRIPTIONS = {
  chunking: 'with CHUNKING',
  pipelining: 'without CHUNKING',
  grouped: 'one mail after the other',
  'in-turn': 'without PIPELINING',
} as const satisfies Record<Rung, string>;

const WEIGHT = { disorder: 2, doubt: 1 } as const satisfies Record<Trouble, number>;
const BEARABLE = 1;
/** Mails in a row that take the doubt away. */
const PROOF = 100;
/** Milliseconds after which one rung up is tried again: a server gets updates, a line repairs. */
const PENANCE = 3_600_000;

/**
 * On which rung the mails of one account go: the highest that the server offers and the operator
 * allows, until it misbehaves there; then the next one down, for an hour.
 */
export class Ladder {
  #lowered = 0;
  #loweredAt = 0;
  #strikes = 0;
  #good = 0;

  constructor(private readonly highest: Rung) {}

  rungFor({ pipelining, chunking }: Capabilities, now: number): Rung {
    if (this.#lowered > 0 && now - this.#loweredAt > PENANCE) this.#climb(now);
    const offered = pipelining ? (chunking ? 'chunking' : 'pipelining') : 'in-turn';
    const at = Math.max(RUNGS.indexOf(offered), RUNGS.indexOf(this.highest), this.#lowered);
    return RUNGS[at] ?? 'in-turn';
  }

  /** A mail on this rung was accepted. */
  worked(): void {
    this.#good += 1;
    if (this.#good >= PROOF) this.#strikes = 0;
  }

  /**
   * @param rung on which it happened
   * @returns the rung from now on, where that is another one
   */
  blame(rung: Rung, trouble: Trouble, now: number): Rung | undefined {
    const below = RUNGS.indexOf(rung) + 1;
    const next = RUNGS[below];
    if (!next || below <= this.#lowered) return undefined;
    this.#good = 0;
    this.#strikes += WEIGHT[trouble];
    if (this.#strikes <= BEARABLE) return undefined;
    this.#lowered = below;
    this.#loweredAt = now;
    this.#strikes = 0;
    return next;
  }

  #climb(now: number): void {
    this.#lowered -= 1;
    this.#loweredAt = now;
  }
}
