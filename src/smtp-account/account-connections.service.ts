import { randomUUID } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { DATABASE_CONNECTION, type DatabaseConnection } from '#database';
import type { SmtpSettings } from '#mailer-config';
import type { ConnectionSlot, ConnectionSlots } from '#smtp';
import {
  freeSlot,
  numberSlots,
  renewSlots,
  SLOTS_CHANNEL,
  takeSlot,
} from './connection-slot.query.js';

/** Milliseconds between two words that our connections are still open; see `SLOT_LEASE`. */
const RENEW_EVERY = 10_000;
/** Milliseconds after which it makes sense to ask again where nobody said that one is free. */
const ASK_AGAIN = 1_000;
/** Milliseconds after a refusal in which no more is expected than one at a time. */
const SCARCE_FOR = 10_000;

/** One connection: of which account, and how many that may have. */
interface Held {
  readonly accountId: string;
  readonly most: number;
  /** Only its lease counts any more: it is closed, and the database could not be told. */
  isClosed: boolean;
}

/**
 * How many connections of each account are open, over all processes. On PostgreSQL each is a
 * numbered row under a lease, so that those of a process that died come back; the embedded database
 * has one process, which counts for itself.
 *
 * Where the database does not answer nobody opens another connection. Those that are open go on,
 * and end when they are idle. A process that could not renew for the whole lease (it was stopped,
 * or cut off) may have some beside those of its heirs until then.
 */
@Injectable()
export class AccountConnections implements ConnectionSlots, OnApplicationShutdown {
  readonly #logger = new Logger('Accounts');
  /** By holder. */
  readonly #held = new Map<string, Held>();
  /** `performance.now()` of the last refusal; and whether something was freed since. */
  readonly #refused = new Map<string, { readonly at: number; isFreed: boolean }>();
  readonly #subscribers = new Set<() => void>();
  /** Up to which number the connections of an account are known to be numbered. */
  readonly #numbered = new Map<string, number>();
  /** Counts those that were freed, here or elsewhere. */
  #freed = 0;
  #unlisten: Promise<() => Promise<void>> | undefined;
  #renewing: NodeJS.Timeout | undefined;
  #isRenewing = false;

  constructor(@Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection) {}

  async take(account: SmtpSettings): Promise<ConnectionSlot | undefined> {
    const { id: accountId, maxConnections: most } = account;
    const holder = randomUUID();
    let isOurs: boolean;
    let freed: number;
    do {
      freed = this.#freed;
      isOurs = this.#isAlone
        ? this.#countOf(accountId) < most
        : await this.#takeNumber(holder, accountId, most);
      // One that was freed while we asked has been told of already.
    } while (!isOurs && freed !== this.#freed);
    if (!isOurs) {
      this.#refused.set(accountId, { at: performance.now(), isFreed: false });
      setTimeout(() => this.#tell(), ASK_AGAIN).unref();
      return undefined;
    }
    this.#held.set(holder, { accountId, most, isClosed: false });
    let freeing: Promise<void> | undefined;
    return { release: () => (freeing ??= this.#free(holder)) };
  }

  onFreed(callback: () => void): () => void {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  }

  /**
   * How many connections of the account there may be for us: those that we have, and those that are
   * free for all we know. Once one was refused, no more than one is expected at a time.
   */
  available({ id, maxConnections }: SmtpSettings): number {
    const refused = this.#refused.get(id);
    const ago = performance.now() - (refused?.at ?? -Infinity);
    if (this.#isAlone || !refused || ago > SCARCE_FOR) return maxConnections;
    const another = refused.isFreed || ago >= ASK_AGAIN ? 1 : 0;
    return Math.min(maxConnections, this.#countOf(id) + another);
  }

  /** Whoever had a connection has released it by now. */
  async onApplicationShutdown(): Promise<void> {
    clearInterval(this.#renewing);
    await (
      await this.#unlisten
    )?.();
  }

  get #isAlone(): boolean {
    return this.connection.kind === 'embedded';
  }

  #countOf(id: string): number {
    const held = [...this.#held.values()];
    return held.filter(({ accountId, isClosed }) => accountId === id && !isClosed).length;
  }

  async #takeNumber(holder: string, accountId: string, most: number): Promise<boolean> {
    const { db } = this.connection;
    await (this.#unlisten ??= this.#listen());
    this.#renewing ??= setInterval(() => void this.#renew(), RENEW_EVERY).unref();
    if (await takeSlot(db, holder, accountId, most)) return true;
    if (this.#numbered.get(accountId) === most) return false;
    // Another process may have numbered them at this very moment, so that they are there all the same.
    await numberSlots(db, accountId, most);
    this.#numbered.set(accountId, most);
    return await takeSlot(db, holder, accountId, most);
  }

  /** Begun with the first connection: many a process never opens one. */
  async #listen(): Promise<() => Promise<void>> {
    try {
      return await this.connection.listen(SLOTS_CHANNEL, () => {
        for (const refused of this.#refused.values()) refused.isFreed = true;
        this.#freed += 1;
        this.#tell();
      });
    } catch (error) {
      this.#unlisten = undefined;
      throw error;
    }
  }

  /** What can't be told now is told with the next renewal; until then it counts as open. */
  async #free(holder: string): Promise<void> {
    const held = this.#held.get(holder);
    if (!held) return;
    held.isClosed = true;
    try {
      await this.#tellFreed(holder, held);
    } catch (error) {
      this.#logger.warn({ err: error }, 'A connection that is closed still counts as open');
    }
    this.#freed += 1;
    this.#tell();
  }

  async #tellFreed(holder: string, { accountId, most }: Held): Promise<void> {
    if (!this.#isAlone) await freeSlot(this.connection.db, holder, accountId, most);
    this.#held.delete(holder);
  }

  async #renew(): Promise<void> {
    if (this.#isRenewing) return;
    this.#isRenewing = true;
    try {
      const open = [...this.#held].flatMap(([holder, held]) => (held.isClosed ? [] : [holder]));
      if (open.length > 0) await renewSlots(this.connection.db, open);
      for (const [holder, held] of this.#held)
        if (held.isClosed) await this.#tellFreed(holder, held);
    } catch (error) {
      this.#logger.warn({ err: error }, 'The open connections can not be renewed; trying again');
    }
    this.#isRenewing = false;
  }

  #tell(): void {
    for (const callback of this.#subscribers) callback();
  }
}
