import { after } from './deadline.js';

/** When the reply that is awaited has to be here. */
export interface Deadline {
  /** `performance.now()` */
  readonly at: number;
  /** Milliseconds that were given. */
  readonly ms: number;
}

/**
 * One timer for all replies of a connection: it is set anew only where it would come too late, so
 * that a mail costs none. A hard deadline all the same: what arrives meanwhile does not extend it.
 */
export class ReplyTimer {
  #stopTimer: () => void = () => {};
  #at = Infinity;

  /**
   * @param next the deadline that holds now; undefined: no reply is awaited
   * @param onTimeUp with the milliseconds that were given
   */
  constructor(
    private readonly next: () => Deadline | undefined,
    private readonly onTimeUp: (ms: number) => void,
  ) {}

  /** Called whenever another deadline may hold. */
  watch(): void {
    const deadline = this.next();
    if (!deadline || deadline.at >= this.#at) return;
    this.stop();
    this.#at = deadline.at;
    const left = Math.max(0, deadline.at - performance.now());
    this.#stopTimer = after(left, () => this.#look());
  }

  stop(): void {
    this.#stopTimer();
    this.#at = Infinity;
  }

  #look(): void {
    this.#at = Infinity;
    const deadline = this.next();
    // Timers may end a little early.
    if (deadline && performance.now() >= deadline.at - 1) this.onTimeUp(deadline.ms);
    else this.watch();
  }
}
