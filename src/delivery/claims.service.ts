import { Injectable, Logger } from '@nestjs/common';
import type { SmtpSettings } from '#mailer-config';
import { Outbox } from '#outbox';
import { SmtpSender } from '#smtp';
import { AccountBreakers, AccountConnections, SmtpAccounts } from '#smtp-account';
import { DomainShares } from './domain-shares.js';
import type { Handover } from './handover.js';
import { LEASE } from './mail-delivery.service.js';
import { quotaOf } from './quota.js';
import { WorkerLease } from './worker-lease.service.js';

/** Milliseconds between two claims: what is due may be in another worker's hands at this moment. */
const BREATH = 20;
/** The same where a limit, a crowded domain or another worker's try of an account may hold them back. */
const PATIENCE = 500;
/** How long a mail may wait here for its turn; `LEASE` counts on it. */
const STALE = 60_000;
/** The same where the disk of the database is full; somebody has to free space. */
const UNTIL_THERE_IS_ROOM = 2_000;

/** Takes mails from the outbox for the accounts that may send now, and gives them back. */
@Injectable()
export class Claims {
  readonly #logger = new Logger('Delivery');
  /** What could not be given back, for the database was away. */
  #owed: Handover[] = [];
  /** Accounts by id, and `performance.now()` until which no connection of theirs is expected. */
  readonly #fullUntil = new Map<string, number>();
  readonly #shares = new DomainShares();
  #isCrowded = false;

  constructor(
    private readonly outbox: Outbox,
    private readonly accounts: SmtpAccounts,
    private readonly breakers: AccountBreakers,
    private readonly slots: AccountConnections,
    private readonly lease: WorkerLease,
    private readonly sender: SmtpSender,
  ) {}

  /**
   * Mails that can be under way at once over the account that does the work now, as far as other
   * workers leave us connections; one whose pause is over is tried by one mail.
   */
  get capacity(): number {
    const inOrder = this.accounts.inOrder();
    const working = inOrder.find((account) => this.breakers.stateOf(account) === 'closed');
    if (working) return this.sender.capacityOf(working, this.#availableOf(working));
    const tried = inOrder.find((account) => this.breakers.stateOf(account) === 'half-open');
    return tried ? Math.min(1, this.#availableOf(tried)) : 0;
  }

  /** Those that can't go by the account that they were claimed for any more, or not soon. */
  outdated(handovers: readonly Handover[]): Handover[] {
    const now = performance.now();
    const { owner } = this.lease;
    const canGo = memoized((account: SmtpSettings) => this.#availableOf(account) > 0);
    const isClosed = memoized(
      (account: SmtpSettings) => this.breakers.stateOf(account) === 'closed',
    );
    return handovers.filter(
      (mail) =>
        mail.owner !== owner ||
        now - mail.claimedAt > STALE ||
        !canGo(mail.account) ||
        (!mail.isProbe && !isClosed(mail.account)),
    );
  }

  /**
   * At most as many as wanted. The next account gets only what the one before can't take: one that
   * has nothing to do is no reason to ask another, since a mail may have come meanwhile.
   */
  async take(wanted: number): Promise<Handover[]> {
    const taken: Handover[] = [];
    if (!this.outbox.hasRoom) return taken;
    await this.giveBack(this.#owed.splice(0));
    const { owner } = this.lease;
    try {
      for (const account of this.accounts.inOrder()) {
        taken.push(...(await this.#takeFor(account, owner, wanted - taken.length)));
        if (taken.length >= wanted) break;
        const isClosed = this.breakers.stateOf(account) === 'closed';
        if (isClosed && (await this.outbox.canSend(quotaOf(account)))) break;
      }
    } catch (error) {
      // What is ours already must not wait for its lease to end.
      if (taken.length === 0) throw error;
      this.#logger.warn({ err: error }, 'No more mails can be claimed at the moment');
    }
    return taken;
  }

  /** What has not been begun; a try of it does not count. */
  async giveBack(handovers: readonly Handover[]): Promise<void> {
    for (const handover of handovers) this.ended(handover, false);
    try {
      for (const { account, isProbe } of handovers)
        if (isProbe) await this.breakers.unprobe(account);
      for (const [owner, theirs] of Map.groupBy(handovers, (handover) => handover.owner))
        await this.outbox.release(
          owner,
          theirs.map(({ mail }) => mail.id),
        );
    } catch (error) {
      this.#owed.push(...handovers);
      this.#logger.warn({ err: error }, 'Mails could not be handed back yet; trying again');
    }
  }

  /** What is due for some domain was left out: it has as many mails in hand as it may. */
  get isCrowded(): boolean {
    return this.#isCrowded;
  }

  /** No connection is needed for it any more. @param isAnswered has a server decided on it? */
  ended({ mail }: Handover, isAnswered: boolean): void {
    this.#shares.end(mail.id, mail.to, isAnswered);
  }

  /** Other workers have all connections of its account: it is for them, and for us in a moment. */
  async leaveToOthers(handover: Handover): Promise<void> {
    this.#fullUntil.set(handover.account.id, performance.now() + PATIENCE);
    await this.giveBack([handover]);
  }

  /** Milliseconds in which no claim can bring more than the last one; undefined: no account. */
  get rest(): number | undefined {
    if (!this.outbox.hasRoom) return UNTIL_THERE_IS_ROOM;
    const rests = this.accounts.inOrder().map((account) => {
      const state = this.breakers.stateOf(account);
      if (state === 'open') return this.breakers.pauseLeft(account);
      if (state === 'half-open') return PATIENCE;
      const { perMinute, perDay } = quotaOf(account);
      const isLimited = perMinute !== undefined || perDay !== undefined;
      return isLimited || this.#isCrowded ? PATIENCE : BREATH;
    });
    return rests.length > 0 ? Math.min(...rests) : undefined;
  }

  /** Milliseconds until the next account may be tried again; undefined: none is left alone. */
  get pause(): number | undefined {
    const pauses = this.accounts
      .inOrder()
      .filter((account) => this.breakers.stateOf(account) === 'open')
      .map((account) => this.breakers.pauseLeft(account));
    return pauses.length > 0 ? Math.min(...pauses) : undefined;
  }

  /** An account that is left alone gets nothing, and one mail when its pause is over. */
  async #takeFor(account: SmtpSettings, owner: string, wanted: number): Promise<Handover[]> {
    const state = this.breakers.stateOf(account);
    if (state === 'open') return [];
    const isProbe = state === 'half-open';
    if (isProbe && !(await this.breakers.probe(account))) return [];
    const claimedAt = performance.now();
    const limit = isProbe ? 1 : wanted;
    const connections = this.#availableOf(account);
    const crowded = this.#shares.crowded(connections);
    this.#isCrowded = crowded.length > 0;
    const quota = quotaOf(account);
    const mails = await this.outbox.claim(owner, limit, this.#leaseSeconds, quota, crowded);
    if (isProbe && mails.length === 0) await this.breakers.unprobe(account);
    const handovers = mails.map((mail) => ({ mail, owner, claimedAt, account, isProbe }));
    const { ours = [], tooMany = [] } = Object.groupBy(handovers, ({ mail: { id, to } }) =>
      this.#shares.begin(id, to, connections) ? 'ours' : 'tooMany',
    );
    await this.giveBack(tooMany);
    return ours;
  }

  /** Longer than any try can last; it may end with whichever account. */
  get #leaseSeconds(): number {
    const data = this.accounts.inOrder().map(({ timeouts }) => timeouts.data / 1_000);
    return Math.ceil(LEASE + Math.max(0, ...data));
  }

  #availableOf(account: SmtpSettings): number {
    const fullUntil = this.#fullUntil.get(account.id) ?? -Infinity;
    return performance.now() < fullUntil ? 0 : this.slots.available(account);
  }
}

/** For many questions about few accounts at one moment. */
function memoized<Key, Value>(find: (key: Key) => Value): (key: Key) => Value {
  const found = new Map<Key, Value>();
  return (key) => {
    if (!found.has(key)) found.set(key, find(key));
    return found.get(key) as Value;
  };
}
