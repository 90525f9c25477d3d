import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { Outbox } from '#outbox';
import { SmtpSender } from '#smtp';
import { AccountBreakers, AccountConnections, SmtpAccounts } from '#smtp-account';
import { Claims } from './claims.service.js';
import type { Handover } from './handover.js';
import { MailDelivery, type Try } from './mail-delivery.service.js';
import { Sweep } from './sweep.service.js';
import { WakeUp } from './wake-up.js';
import { WorkerLease } from './worker-lease.service.js';

/** Milliseconds. Notifications wake the worker; this only catches what they missed. */
const SAFETY_POLL = 5_000;
/** After a sweep that could not end all that has expired. */
const BREATH = 20;
/** After the database failed, before it is asked again. */
const DATABASE_PAUSE = 1_000;
/** Mails in flight are waited for this long at a shutdown, then left to their lease. */
const SHUTDOWN_GRACE = 25_000;

/** A server that takes a mail within this many milliseconds is fed in batches. */
const FAST = 200;
/** Milliseconds of work that are claimed ahead: a claim costs a round trip. */
const CLAIM_AHEAD = 100;
/** Mails at most: when we die, others have to find out which of them ended us. */
const MOST_AHEAD = 200;
/** Share of the newest mail in the running mean of how long one takes. */
const NEWEST = 0.1;
/** Tries the server has answered and the database has not yet, at most; a crash repeats them. */
const UNWRITTEN = 200;

/** The loop: claims what is due and keeps as many mails in flight as there may be connections. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Delivery');
  readonly #wakeUp = new WakeUp();
  /** Mails that are written, wait for a connection or occupy one. */
  #sending = 0;
  /** Mails from their beginning until they are written down. */
  readonly #inFlight = new Set<Promise<void>>();
  readonly #claimed: Handover[] = [];
  /** Milliseconds; Infinity where the last one failed for its account. */
  #msPerMail = Infinity;
  #stopping = false;
  #claiming: Promise<void> | undefined;
  /** `performance.now()` from which on it makes sense to ask the outbox. */
  #claimAt = -Infinity;
  /** Something was enqueued since the last claim began. */
  #notified = false;
  #running: Promise<void> | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly claims: Claims,
    private readonly sweep: Sweep,
    private readonly delivery: MailDelivery,
    private readonly accounts: SmtpAccounts,
    private readonly breakers: AccountBreakers,
    private readonly slots: AccountConnections,
    private readonly lease: WorkerLease,
    private readonly sender: SmtpSender,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    const lookNow = (): void => {
      this.#notified = true;
      this.#claimAt = -Infinity;
      this.#wakeUp.now();
    };
    this.#unlisten = await this.outbox.onEnqueued(lookNow);
    this.accounts.onChanged(lookNow);
    this.breakers.onChanged(lookNow);
    this.slots.onFreed(lookNow);
    this.lease.onChanged(() => {
      this.sweep.makeDue();
      lookNow();
    });
    // Nobody else can hold mails of an embedded database: what is held, the dead held.
    if (this.outbox.isOurs) await this.sweep.takeBack('all');
    await this.lease.begin();
    this.#running = this.#run();
  }

  async onModuleDestroy(): Promise<void> {
    this.#stopping = true;
    this.#wakeUp.now();
    await this.#excuse();
    await this.#unlisten?.();
    await this.#running;
    await Promise.race([
      Promise.all(this.#inFlight),
      sleep(SHUTDOWN_GRACE, undefined, { ref: false }),
    ]);
    await this.sender.close();
    await this.lease.end();
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#begin();
      if (this.#wantsMore) this.#claiming = this.#claim();
      await this.#wakeUp.within(this.#idleTime);
    }
    await this.#claiming;
    await this.claims.giveBack(this.#claimed.splice(0));
  }

  get #freeSlots(): number {
    if (this.#inFlight.size >= UNWRITTEN) return 0;
    // Twice as many: while one is on the wire, the next is being written.
    return this.claims.capacity * (this.#msPerMail < FAST ? 2 : 1) - this.#sending;
  }

  get #ahead(): number {
    // Who sends nothing yet may get no connection where there are others.
    if (this.#msPerMail >= FAST || this.#sending === 0) return 0;
    const mails = Math.ceil((this.claims.capacity * CLAIM_AHEAD) / Math.max(1, this.#msPerMail));
    return Math.min(MOST_AHEAD, mails);
  }

  /** Mails are claimed while others are being sent, so that no connection waits for the database. */
  get #wantsMore(): boolean {
    if (this.#claiming || performance.now() < this.#claimAt) return false;
    if (!this.lease.isHeld()) return false;
    // What has expired ends also where no account can send.
    return this.sweep.isDue || this.#claimed.length < this.#freeSlots + this.#ahead / 2;
  }

  async #claim(): Promise<void> {
    this.#notified = false;
    try {
      await this.sweep.ifDue();
      const wanted = this.#freeSlots + this.#ahead - this.#claimed.length;
      const taken = wanted > 0 ? await this.claims.take(wanted) : [];
      this.#claimed.push(...taken);
      if (taken.length < wanted) await this.#restUntilDue();
    } catch (error) {
      this.#logger.error({ err: error }, 'The outbox can not be read; trying again in a second');
      this.#claimAt = performance.now() + DATABASE_PAUSE;
    }
    this.#claiming = undefined;
    this.#wakeUp.now();
  }

  /** The outbox has been emptied of what is due; a notification ends the rest early. */
  async #restUntilDue(): Promise<void> {
    const nextDue = (await this.outbox.nextDueInMs()) ?? SAFETY_POLL;
    const least = this.claims.rest ?? SAFETY_POLL;
    const most = this.sweep.isPartial ? BREATH : SAFETY_POLL;
    const rest = Math.min(Math.max(least, Math.ceil(nextDue)), most);
    this.#claimAt = performance.now() + (this.#notified ? 0 : rest);
  }

  /** Should we be killed before we have ended, our mails are not to blame. */
  async #excuse(): Promise<void> {
    if (this.#inFlight.size + this.#claimed.length === 0) return;
    try {
      await this.outbox.excuse(this.lease.owner);
    } catch (error) {
      this.#logger.warn({ err: error }, 'The mails in hand could not be marked before the end');
    }
  }

  #begin(): void {
    this.#giveUpPaused();
    if (!this.lease.isHeld()) return;
    for (const handover of this.#claimed.splice(0, Math.max(0, this.#freeSlots))) {
      const flight = this.#deliver(handover).finally(() => {
        this.#inFlight.delete(flight);
        this.#wakeUp.now();
      });
      this.#inFlight.add(flight);
    }
  }

  /** What can't go as it was claimed to goes back, to be claimed anew. */
  #giveUpPaused(): void {
    const given = this.claims.outdated(this.#claimed);
    if (given.length === 0) return;
    for (const handover of given) this.#claimed.splice(this.#claimed.indexOf(handover), 1);
    const flight = this.claims.giveBack(given).finally(() => this.#inFlight.delete(flight));
    this.#inFlight.add(flight);
  }

  async #deliver(handover: Handover): Promise<void> {
    const begun = performance.now();
    const { mail, owner } = handover;
    this.#sending += 1;
    try {
      const done = await this.delivery.handOver(handover).finally(() => {
        this.#sending -= 1;
        this.#wakeUp.now();
      });
      if (!done) return await this.claims.leaveToOthers(handover);
      this.#free(handover, done);
      this.#learn(done, performance.now() - begun);
      await this.delivery.writeDown(done, owner);
    } catch (error) {
      // The lease brings it back; nothing of it is lost.
      this.claims.ended(handover, false);
      this.outbox.forget(mail.id, owner);
      this.#logger.error({ mailId: mail.id, err: error }, 'A delivery ended unexpectedly');
    }
  }

  /** Its connection is another's now, and what was left out for its domain may be due. */
  #free(handover: Handover, { verdict }: Try): void {
    this.claims.ended(handover, verdict !== undefined && verdict.outcome !== 'account-failed');
    if (!this.claims.isCrowded) return;
    this.#claimAt = -Infinity;
    this.#wakeUp.now();
  }

  #learn({ attempts }: Try, ms: number): void {
    if (attempts.at(-1)?.outcome === 'account-failed') this.#msPerMail = Infinity;
    else if (this.#msPerMail === Infinity) this.#msPerMail = ms;
    else this.#msPerMail += NEWEST * (ms - this.#msPerMail);
  }

  get #idleTime(): number {
    const rest = this.#claimAt - performance.now();
    const pause = this.claims.pause ?? SAFETY_POLL;
    return Math.min(rest > 0 ? rest : SAFETY_POLL, Math.max(1, Math.ceil(pause)), SAFETY_POLL);
  }
}
