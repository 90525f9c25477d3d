import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { Workers } from '#outbox';
import { SilentWorkers } from './silent-workers.js';

/** Injection token of {@link LeasePace}. */
export const LEASE_PACE = Symbol('gatepost:lease-pace');

/** All in milliseconds. */
export interface LeasePace {
  /** Between two signs of life. */
  readonly beat: number;
  /** After a sign of life that the database has not taken. */
  readonly again: number;
  /** How long a sign of life is good for, from before it was sent. */
  readonly valid: number;
  /** How long others wait for the next one. The difference to `valid` is what a dot has to arrive. */
  readonly silence: number;
}

/**
 * A worker that dies holds its mails back for half a minute: a code lives ten. A shorter silence
 * would take the mails of workers whose database is slow.
 */
export const leasePace: LeasePace = { beat: 5_000, again: 1_000, valid: 25_000, silence: 30_000 };

/**
 * This worker's right to the mails that it has claimed, under a name. It shows life in the
 * database; who has not done so for too long is declared dead by the others, who take what it had.
 * A worker that could not show life (its event loop hung, it was stopped, the database was away)
 * must not hand a message over any more, since it may be in other hands: it asks `isHeld` right
 * before the final dot. Once it was declared dead it goes on under another name; what it held under
 * the old one is lost to it.
 *
 * On the embedded database there is nobody else, and the lease never ends.
 */
@Injectable()
export class WorkerLease {
  readonly #logger = new Logger('Delivery');
  readonly #silent: SilentWorkers;
  readonly #ending = new AbortController();
  readonly #onChanged = new Set<() => void>();
  #owner: string = randomUUID();
  #validUntil = -Infinity;
  // A machine that is put to sleep stops the one clock and not the other.
  #validUntilDate = -Infinity;
  #beating: Promise<void> | undefined;

  constructor(
    private readonly workers: Workers,
    @Inject(LEASE_PACE) private readonly pace: LeasePace,
  ) {
    this.#silent = new SilentWorkers(pace.silence);
  }

  /** The name under which mails are claimed now. */
  get owner(): string {
    return this.#owner;
  }

  /** May what was claimed under this name still be handed over, at this very moment? */
  isHeld(owner: string = this.#owner): boolean {
    if (!this.workers.areMany) return true;
    return (
      owner === this.#owner &&
      performance.now() < this.#validUntil &&
      Date.now() < this.#validUntilDate
    );
  }

  /** Calls back when it is held again, or others were found dead. */
  onChanged(callback: () => void): void {
    this.#onChanged.add(callback);
  }

  /** Before anything is claimed. */
  async begin(): Promise<void> {
    if (!this.workers.areMany) return;
    await this.#enlist();
    this.#beating = this.#keepBeating();
  }

  /** When nothing can be handed over any more: what is left in hand is for others at once. */
  async end(): Promise<void> {
    if (!this.#beating) return;
    this.#ending.abort();
    await this.#beating;
    this.#lose();
    try {
      await this.workers.discharge(this.#owner);
    } catch (error) {
      this.#logger.warn({ err: error }, 'The others will find out by themselves that we ended');
    }
  }

  async #keepBeating(): Promise<void> {
    const { signal } = this.#ending;
    let wait = this.pace.beat;
    while (!signal.aborted) {
      await sleep(wait, undefined, { ref: false, signal }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#beat();
        wait = this.pace.beat;
      } catch (error) {
        wait = this.pace.again;
        this.#logger.warn({ err: error }, 'The database does not take our sign of life');
      }
    }
  }

  async #beat(): Promise<void> {
    const sentAt = this.#now();
    if (await this.workers.beat(this.#owner)) this.#hold(sentAt);
    else {
      this.#lose();
      this.#logger.warn('Taken for dead by other workers; what was in hand is with them');
      await this.#enlist();
    }
    const silent = this.#silent.look(await this.workers.beside(this.#owner), performance.now());
    for (const worker of silent) if (await this.workers.declareDead(worker)) this.#tellChanged();
  }

  async #enlist(): Promise<void> {
    const owner = randomUUID();
    const sentAt = this.#now();
    await this.workers.enlist(owner);
    this.#owner = owner;
    this.#hold(sentAt);
  }

  #now = () => ({ monotonic: performance.now(), date: Date.now() });

  #hold(sentAt: { monotonic: number; date: number }): void {
    const isNews = !this.isHeld();
    this.#validUntil = sentAt.monotonic + this.pace.valid;
    this.#validUntilDate = sentAt.date + this.pace.valid;
    if (isNews) this.#tellChanged();
  }

  #lose(): void {
    this.#validUntil = -Infinity;
  }

  #tellChanged(): void {
    for (const callback of this.#onChanged) callback();
  }
}
