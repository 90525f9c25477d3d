import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
} from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Metrics } from '#metrics';
import type { SmtpSettings } from '#mailer-config';
import { Outbox } from '#outbox';
import { SmtpSender } from '#smtp';
import { AccountBreakers, SmtpAccounts } from '#smtp-account';
import { type Handover, LEASE, MailDelivery } from './mail-delivery.service.js';
import { quotaOf } from './quota.js';
import { WakeUp } from './wake-up.js';

/** Milliseconds. Notifications wake the worker; this only catches what they missed. */
const SAFETY_POLL = 5_000;
const SWEEP_EVERY = 10_000;
/** Between two claims at least: what is due may be in another worker's hands at this moment. */
const BREATH = 20;
/** The same where a rate may be what holds the due mails back. */
const RATE_PAUSE = 500;
/** After the database failed, before it is asked again. */
const DATABASE_PAUSE = 1_000;
/** Mails in flight are waited for this long at a shutdown, then left to their lease. */
const SHUTDOWN_GRACE = 25_000;

/** A server that takes a mail within this time is fed in batches. */
const FAST = 200;
/** Mails claimed ahead for each connection to a fast server: a claim costs a round trip. */
const CLAIM_AHEAD = 20;
/** Tries the server has answered and the database has not yet, at most; a crash repeats them. */
const UNWRITTEN = 200;

/** The loop: claims what is due and keeps as many mails in flight as there may be connections. */
@Injectable()
export class DeliveryWorker implements OnApplicationBootstrap, OnModuleDestroy {
  readonly #logger = new Logger('Delivery');
  readonly #owner = randomUUID();
  readonly #wakeUp = new WakeUp();
  /** Mails that are written, wait for a connection or occupy one. */
  #sending = 0;
  /** Mails from their beginning until they are written down. */
  readonly #inFlight = new Set<Promise<void>>();
  readonly #claimed: Handover[] = [];
  #serverIsFast = false;
  #stopping = false;
  #lastSweep = -Infinity;
  #claiming: Promise<void> | undefined;
  /** `performance.now()` from which on it makes sense to ask the outbox. */
  #claimAt = -Infinity;
  /** Something was enqueued since the last claim began. */
  #notified = false;
  #running: Promise<void> | undefined;
  #unlisten: (() => Promise<void>) | undefined;

  constructor(
    private readonly outbox: Outbox,
    private readonly delivery: MailDelivery,
    private readonly accounts: SmtpAccounts,
    private readonly breakers: AccountBreakers,
    private readonly sender: SmtpSender,
    private readonly metrics: Metrics,
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
    // Nobody else can hold mails of an embedded database: what is held, the dead held.
    if (this.outbox.isOurs) await this.#takeBack('all');
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
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#begin();
      if (this.#wantsMore) this.#claiming = this.#claim();
      await this.#wakeUp.within(this.#idleTime);
    }
    await this.#claiming;
    await this.#handBack(this.#claimed.splice(0));
  }

  /** Of the account that does the work now; that of a pause is tried by one mail. */
  get #connections(): number {
    const inOrder = this.accounts.inOrder();
    const working = inOrder.find((account) => this.breakers.stateOf(account) === 'closed');
    if (working) return working.maxConnections;
    return inOrder.some((account) => this.breakers.stateOf(account) === 'half-open') ? 1 : 0;
  }

  get #freeSlots(): number {
    if (this.#inFlight.size >= UNWRITTEN) return 0;
    // Twice as many: while one is on the wire, the next is being written.
    return this.#connections * (this.#serverIsFast ? 2 : 1) - this.#sending;
  }

  get #ahead(): number {
    return this.#serverIsFast ? this.#connections * CLAIM_AHEAD : 0;
  }

  /** Mails are claimed while others are being sent, so that no connection waits for the database. */
  get #wantsMore(): boolean {
    if (this.#claiming || performance.now() < this.#claimAt) return false;
    return this.#claimed.length < this.#freeSlots + this.#ahead / 2;
  }

  async #claim(): Promise<void> {
    this.#notified = false;
    try {
      await this.#sweep();
      const wanted = this.#freeSlots + this.#ahead - this.#claimed.length;
      if (!(await this.#claimInOrder(wanted))) await this.#restUntilDue();
    } catch (error) {
      this.#logger.error({ err: error }, 'The outbox can not be read; trying again in a second');
      this.#claimAt = performance.now() + DATABASE_PAUSE;
    }
    this.#claiming = undefined;
    this.#wakeUp.now();
  }

  /**
   * The next account gets only what the one before can't take: one that has nothing to do is no
   * reason to ask another, since a mail may have come meanwhile.
   *
   * @returns whether as many as wanted were claimed
   */
  async #claimInOrder(wanted: number): Promise<boolean> {
    let left = wanted;
    for (const account of this.accounts.inOrder()) {
      left -= await this.#claimFor(account, left);
      if (left <= 0) return true;
      const isClosed = this.breakers.stateOf(account) === 'closed';
      if (isClosed && (await this.outbox.canSend(quotaOf(account)))) return false;
    }
    return false;
  }

  /** An account that is left alone gets nothing, and one mail when its pause is over. */
  async #claimFor(account: SmtpSettings, wanted: number): Promise<number> {
    const state = this.breakers.stateOf(account);
    if (state === 'open') return 0;
    const isProbe = state === 'half-open';
    if (isProbe && !(await this.breakers.probe(account))) return 0;
    const claimedAt = performance.now();
    const limit = isProbe ? 1 : wanted;
    const mails = await this.outbox.claim(this.#owner, limit, LEASE, quotaOf(account));
    if (isProbe && mails.length === 0) await this.breakers.unprobe(account);
    this.#claimed.push(...mails.map((mail) => ({ mail, claimedAt, account, isProbe })));
    return mails.length;
  }

  /** The outbox has been emptied of what is due; a notification ends the rest early. */
  async #restUntilDue(): Promise<void> {
    const nextDue = (await this.outbox.nextDueInMs()) ?? SAFETY_POLL;
    const soonest = this.#lastSweep === -Infinity ? BREATH : SAFETY_POLL;
    const rest = Math.min(Math.max(this.#leastRest, Math.ceil(nextDue)), soonest);
    this.#claimAt = performance.now() + (this.#notified ? 0 : rest);
  }

  /** Milliseconds in which no claim can bring more than the last one. */
  get #leastRest(): number {
    const accounts = this.accounts.inOrder();
    const rests = accounts.map((account) => {
      const state = this.breakers.stateOf(account);
      if (state === 'open') return this.breakers.pauseLeft(account);
      // somebody else is trying it at this moment
      if (state === 'half-open') return RATE_PAUSE;
      const { perMinute, perDay } = quotaOf(account);
      return perMinute === undefined && perDay === undefined ? BREATH : RATE_PAUSE;
    });
    return Math.min(SAFETY_POLL, ...rests);
  }

  /** Ends what has expired and takes back what dead workers held. */
  async #sweep(): Promise<void> {
    if (performance.now() - this.#lastSweep < SWEEP_EVERY) return;
    this.#lastSweep = performance.now();
    const { kinds, isPartial } = await this.outbox.expire();
    for (const kind of kinds) this.metrics.ended.inc({ kind, status: 'expired' });
    await this.#takeBack('lease-over');
    // The rest after the next claim, so that fresh mails do not wait for thousands of dead ones.
    if (isPartial) this.#lastSweep = -Infinity;
  }

  async #takeBack(which: 'lease-over' | 'all'): Promise<void> {
    const { queued, held } = await this.outbox.reclaim(which);
    if (queued > 0)
      this.#logger.warn(`${queued} mails of a worker that died are in the queue again`);
    for (const { id: mailId, kind } of held) {
      this.metrics.quarantined.inc({ kind });
      this.#logger.error(
        { mailId, kind },
        'The worker died twice while sending this mail. It is held: see above what ended the worker, ' +
          'then retry it (gatepost mail retry) or cancel it (gatepost mail cancel)',
      );
    }
  }

  /** Should we be killed before we have ended, our mails are not to blame. */
  async #excuse(): Promise<void> {
    if (this.#inFlight.size + this.#claimed.length === 0) return;
    try {
      await this.outbox.excuse(this.#owner);
    } catch (error) {
      this.#logger.warn({ err: error }, 'The mails in hand could not be marked before the end');
    }
  }

  #begin(): void {
    this.#giveUpPaused();
    for (const handover of this.#claimed.splice(0, Math.max(0, this.#freeSlots))) {
      const flight = this.#deliver(handover).finally(() => {
        this.#inFlight.delete(flight);
        this.#wakeUp.now();
      });
      this.#inFlight.add(flight);
    }
  }

  /** What was claimed for an account that is left alone since goes back, to be claimed anew. */
  #giveUpPaused(): void {
    const given = this.#claimed.filter(
      ({ account, isProbe }) => !isProbe && this.breakers.stateOf(account) !== 'closed',
    );
    if (given.length === 0) return;
    for (const handover of given) this.#claimed.splice(this.#claimed.indexOf(handover), 1);
    const flight = this.#handBack(given).finally(() => this.#inFlight.delete(flight));
    this.#inFlight.add(flight);
  }

  async #deliver(handover: Handover): Promise<void> {
    const begun = performance.now();
    const { mail } = handover;
    this.#sending += 1;
    try {
      const done = await this.delivery.handOver(handover, this.#owner).finally(() => {
        this.#sending -= 1;
        this.#wakeUp.now();
      });
      this.#serverIsFast =
        done.attempts.at(-1)?.outcome !== 'account-failed' && performance.now() - begun < FAST;
      await this.delivery.writeDown(done, this.#owner);
    } catch (error) {
      // The lease brings it back; nothing of it is lost.
      this.#logger.error({ mailId: mail.id, err: error }, 'A delivery ended unexpectedly');
    }
  }

  get #idleTime(): number {
    const rest = this.#claimAt - performance.now();
    return rest > 0 ? Math.min(rest, SAFETY_POLL) : SAFETY_POLL;
  }

  async #handBack(handovers: readonly Handover[]): Promise<void> {
    const ids = handovers.map(({ mail }) => mail.id);
    try {
      for (const { account, isProbe } of handovers)
        if (isProbe) await this.breakers.unprobe(account);
      await this.outbox.release(this.#owner, ids);
    } catch (error) {
      this.#logger.warn({ err: error }, 'Mails could not be handed back; their lease will end');
    }
  }
}
