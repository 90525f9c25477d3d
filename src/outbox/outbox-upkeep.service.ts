import {
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { SETTINGS, type Settings } from '#settings';
import { Outbox } from './outbox.service.js';
import { PURGE_STEP } from './purge.query.js';
import { THAW_STEP } from './thaw.query.js';

/** Milliseconds. */
const TIDY_EVERY = 10_000;
const PURGE_EVERY = 60 * 60 * 1_000;
/** Between two steps: most of the time is for those who have something to do. */
const STEP_PAUSE = 100;
/** Minutes without any mail or try: longer than an account is ever left alone. */
const STILL = 20;

/** Keeps the outbox small and going, its counts short; any number of processes may do it at once. */
@Injectable()
export class OutboxUpkeep implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Outbox');
  readonly #stopping = new AbortController();
  #running: Promise<void> | undefined;

  constructor(
    private readonly outbox: Outbox,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  /** Before any worker begins: what it does ends the standstill. */
  async onModuleInit(): Promise<void> {
    const still = await this.outbox.standstill(STILL);
    if (!still) return;
    this.#logger.warn(
      { due: still.due, since: still.since },
      `${still.due} mails are due in a database in which nothing has happened since ${still.since.toISOString()}. They go out now. ` +
        'If it was restored from a backup, some of them may have been sent before, and those arrive twice, with the same Message-ID. ' +
        'To keep them back, start with ROLE=api, see them with “gatepost mail list --status queued” and cancel them (gatepost mail cancel)',
    );
  }

  onApplicationBootstrap(): void {
    this.#running = Promise.all([
      this.#every(PURGE_EVERY, () => this.#purge()),
      this.#every(TIDY_EVERY, () => this.outbox.tidy()),
      this.#every(TIDY_EVERY, () => this.#thaw()),
    ]).then(() => undefined);
  }

  /** Before the database is closed. */
  async onModuleDestroy(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #every(ms: number, work: () => Promise<void>): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      try {
        if (this.outbox.hasRoom) await work();
      } catch (error) {
        this.#logger.warn(
          { err: error },
          'The outbox could not be tidied up; it will be tried again',
        );
      }
      await this.#pause(ms);
    }
  }

  async #purge(): Promise<void> {
    const { mailRetentionDays: days } = this.settings;
    if (days === 'off') return;
    const purged = await this.#inSteps(PURGE_STEP, () => this.outbox.purge(days));
    if (purged > 0)
      this.#logger.log(`${purged} mails that ended more than ${days} days ago are deleted`);
  }

  async #thaw(): Promise<void> {
    const thawed = await this.#inSteps(THAW_STEP, () => this.outbox.thaw());
    if (thawed > 0)
      this.#logger.warn(
        `${thawed} mails waited for longer than any try is put off: was the clock of the database set back? They are due now`,
      );
  }

  /** @returns how many, over all steps; there may be more for as long as steps are full */
  async #inSteps(full: number, work: () => Promise<number>): Promise<number> {
    let done = 0;
    for (let step = full; step === full && !this.#stopping.signal.aborted;) {
      step = await work();
      done += step;
      if (step === full) await this.#pause(STEP_PAUSE);
    }
    return done;
  }

  /** Ends early when the process does. */
  async #pause(ms: number): Promise<void> {
    const { signal } = this.#stopping;
    await sleep(ms, undefined, { ref: false, signal }).catch(() => undefined);
  }
}
