import { Inject, Injectable } from '@nestjs/common';
import {
  DATABASE,
  DATABASE_CONNECTION,
  type DatabaseConnection,
  type Db,
  StorageLow,
  type Tx,
} from '#database';
import { Vault } from '#vault';
import { cancel, cancelWaiting } from './cancel.query.js';
import { claim } from './claim.query.js';
import { queueSize, type QueueSize } from './count.query.js';
import { Grouping } from './grouping.js';
import { enqueue, notifyWorkers, OUTBOX_CHANNEL } from './enqueue.query.js';
import { excuse } from './excuse.query.js';
import { expire, expireClaimed, type Expired } from './expire.query.js';
import { foldCounts } from './fold-counts.query.js';
import type {
  Attempt,
  ClaimedMail,
  MailView,
  NewMail,
  Settled,
  Settlement,
  TimelineEntry,
} from './mail.js';
import type { MailStatus } from './mail-state.js';
import { nextDueInMs } from './next-due.query.js';
import { purge } from './purge.query.js';
import { findMail, listMails, type MailFilter, statusesOf, timelineOf } from './read.query.js';
import { type AccountQuota, sendableNow } from './rate.query.js';
import { reassign } from './reassign.query.js';
import { reclaim, type Reclaimed } from './reclaim.query.js';
import { release } from './release.query.js';
import { resealMails } from './reseal.query.js';
import { retry } from './retry.query.js';
import { settle } from './settle.query.js';
import { standstill, type Standstill } from './standstill.query.js';
import { thaw } from './thaw.query.js';
import { vacuum } from './vacuum.query.js';

/** One of so many mails is kept for bulk. */
const BULK_SHARE = 5;

/** Tries that are written down in one statement, at most. */
const SETTLE_TOGETHER = 100;

const isUnlimited = ({ perMinute, perDay }: AccountQuota): boolean =>
  perMinute === undefined && perDay === undefined;

/** What must not be lost: each mail is one row, from the caller's transaction to its end. */
@Injectable()
export class Outbox {
  readonly #settling = new Map<string, Grouping<Settled, boolean>>();
  /** Kinds of the mails that had expired when they were claimed, until `expire` tells of them. */
  readonly #expired: string[] = [];
  /** Mails claimed since one was kept for bulk: a worker whose server is slow takes one at a time. */
  #sinceBulk = 0;
  /** Mails that were claimed here and have not been given up since, each with its owner. */
  readonly #inHand = new Map<string, string>();

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
    private readonly vault: Vault,
  ) {}

  /** Writes the mail in the caller's transaction: it exists if, and only if, that commits. */
  async enqueue(tx: Tx, mail: NewMail): Promise<void> {
    if (this.connection.storage !== 'enough') throw new StorageLow();
    const sealed = this.vault.seal('outbox', JSON.stringify(mail.variables), mail.id);
    await enqueue(tx, mail, sealed);
  }

  /** @throws where the variables are erased, were tampered with, or another key sealed them */
  open(mail: ClaimedMail): unknown {
    if (!mail.sealedVariables) throw new Error('The variables of this mail are erased');
    return JSON.parse(this.vault.open('outbox', mail.sealedVariables, mail.id).toString());
  }

  /**
   * Takes at most `limit` due mails to be sent by an account, and no more than it may send over
   * all workers.
   *
   * @param notTo domains of recipients that are left out
   */
  async claim(
    owner: string,
    limit: number,
    leaseSeconds: number,
    quota?: AccountQuota,
    notTo: readonly string[] = [],
  ): Promise<ClaimedMail[]> {
    const account = quota?.account;
    const claimed =
      !quota || isUnlimited(quota)
        ? await this.#claim(this.db, owner, limit, leaseSeconds, account, notTo)
        : await this.db.transaction().execute(async (tx) => {
            const allowed = Math.min(limit, await sendableNow(tx, quota));
            return allowed > 0 ? this.#claim(tx, owner, allowed, leaseSeconds, account, notTo) : [];
          });
    for (const { id } of claimed) this.#inHand.set(id, owner);
    return claimed;
  }

  /** What has expired is ended and not handed out. */
  async #claim(
    db: Db | Tx,
    owner: string,
    limit: number,
    leaseSeconds: number,
    account: string | undefined,
    notTo: readonly string[],
  ): Promise<ClaimedMail[]> {
    const sinceBulk = this.#sinceBulk + limit;
    this.#sinceBulk = sinceBulk % BULK_SHARE;
    const reservedForBulk = Math.floor(sinceBulk / BULK_SHARE);
    const claimed = await claim(db, owner, limit, leaseSeconds, account, reservedForBulk, notTo);
    const late = claimed.filter(({ expiresInMs }) => expiresInMs <= 0).map(({ id }) => id);
    if (late.length === 0) return claimed;
    this.#expired.push(...(await expireClaimed(db, owner, late)));
    return claimed.filter(({ id }) => !late.includes(id));
  }

  /** Has an account not yet sent what it may? */
  async canSend(quota: AccountQuota): Promise<boolean> {
    if (isUnlimited(quota)) return true;
    return this.db.transaction().execute(async (tx) => (await sendableNow(tx, quota)) > 0);
  }

  /**
   * May this mail of `owner`, claimed for another account, go by this one? Then it counts there.
   *
   * @returns false where the account has sent what it may, or the mail is no longer the owner's
   */
  async reassign(id: string, owner: string, quota: AccountQuota): Promise<boolean> {
    if (isUnlimited(quota)) return true;
    return this.db.transaction().execute(async (tx) => {
      if ((await sendableNow(tx, quota)) < 1) return false;
      return reassign(tx, id, owner, quota.account);
    });
  }

  /**
   * Writes down what became of a try; those of one worker that come together share a commit.
   * `attempts` has one entry for each account that was asked, the last decided.
   *
   * @returns false where the mail is no longer this worker's
   */
  settle(
    id: string,
    owner: string,
    settlement: Settlement,
    attempts: readonly Attempt[],
  ): Promise<boolean> {
    let group = this.#settling.get(owner);
    if (!group) {
      group = new Grouping(SETTLE_TOGETHER, async (settled: Settled[]) => {
        const ours = new Set(await settle(this.db, owner, settled));
        for (const one of settled) this.forget(one.id, owner);
        return settled.map((one) => ours.has(one.id));
      });
      this.#settling.set(owner, group);
    }
    return group.do({ id, settlement, attempts });
  }

  async release(owner: string, ids: string[]): Promise<void> {
    if (ids.length === 0) return;
    await release(this.db, owner, ids);
    for (const id of ids) this.forget(id, owner);
  }

  /** Nobody will settle or release it: `owner` takes it back when its lease is over. */
  forget(id: string, owner: string): void {
    if (this.#inHand.get(id) === owner) this.#inHand.delete(id);
  }

  /** Should `owner` die from now on, it is not for what it has in hand. */
  excuse(owner: string): Promise<void> {
    return excuse(this.db, owner);
  }

  /** @param owner who takes them back */
  reclaim(which: 'lease-over' | 'all', owner?: string): Promise<Reclaimed> {
    const inHand = [...this.#inHand].filter(([, by]) => by === owner).map(([id]) => id);
    return reclaim(this.db, which, owner, inHand);
  }

  /** No other process can hold mails of this database. */
  get isOurs(): boolean {
    return this.connection.kind === 'embedded';
  }

  /** What is written without need has to wait until there is more room on the disk. */
  get hasRoom(): boolean {
    return this.connection.storage !== 'spent';
  }

  /** Ends what has expired, a step of it. @returns those that have been ended since the last call */
  async expire(): Promise<Expired> {
    const { kinds, isPartial } = await expire(this.db);
    return { kinds: [...this.#expired.splice(0), ...kinds], isPartial };
  }

  nextDueInMs(): Promise<number | undefined> {
    return nextDueInMs(this.db);
  }

  /** Calls back after each commit that put a mail into the outbox, in whichever process. */
  onEnqueued(wake: () => void): Promise<() => Promise<void>> {
    return this.connection.listen(OUTBOX_CHANNEL, wake);
  }

  cancelWaiting(tx: Tx, kind: string, to: string, reason: string): Promise<void> {
    return cancelWaiting(tx, kind, to, reason);
  }

  cancel(id: string, reason: string): Promise<boolean> {
    return cancel(this.db, id, reason);
  }

  retry(id: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      const done = await retry(tx, id);
      if (done) await notifyWorkers(tx);
      return done;
    });
  }

  list(filter: MailFilter, limit: number): Promise<MailView[]> {
    return listMails(this.db, filter, limit);
  }

  find(id: string): Promise<MailView | undefined> {
    return findMail(this.db, id);
  }

  timeline(id: string): Promise<TimelineEntry[]> {
    return timelineOf(this.db, id);
  }

  statuses(db: Db | Tx, ids: string[]): Promise<Map<string, MailStatus>> {
    return statusesOf(db, ids);
  }

  /** Seals with the current key what the one before has sealed. @returns how many */
  reseal(): Promise<number> {
    return resealMails(this.db, (sealed, id) => this.vault.reseal('outbox', sealed, id));
  }

  size(): Promise<QueueSize> {
    return queueSize(this.db);
  }

  /** Undefined where something happened in the last minutes, or nothing is due. */
  standstill(minutes: number): Promise<Standstill | undefined> {
    return standstill(this.db, minutes);
  }

  /** Deletes a step of what ended longer ago than that. @returns how many mails */
  purge(days: number): Promise<number> {
    return purge(this.db, days);
  }

  /** Makes a step due of what only a clock that was set back keeps waiting. @returns how many mails */
  thaw(): Promise<number> {
    return thaw(this.db);
  }

  /** Keeps what is read often short. */
  async tidy(): Promise<void> {
    await foldCounts(this.db);
    if (this.isOurs) await vacuum(this.db);
  }
}
