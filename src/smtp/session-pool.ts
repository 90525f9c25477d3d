import type { SmtpSettings } from '#mailer-config';
import {
  type ConnectionSlot,
  type ConnectionSlots,
  NoConnectionFree,
  SlotsUnknown,
} from './connection-slots.js';
import { SmtpFailure } from './smtp.errors.js';
import type { SmtpSession } from './session.js';
import type { Attempt } from './transaction.js';

/** Servers close idle connections after minutes, firewalls sooner; a burst needs only seconds. */
const IDLE_MS = 10_000;

/** Milliseconds of waiting for a connection that other processes have, unless said otherwise. */
const PATIENCE_MS = 60_000;

interface Waiting {
  /** `performance.now()` from which on it waits for connections of ours alone. */
  readonly patientUntil: number;
  go(): void;
  fail(failure: Error): void;
}

/** The connections of one account: at most so many, used again while they are good. */
export class SessionPool {
  readonly #idle: { readonly session: SmtpSession; readonly timer: NodeJS.Timeout }[] = [];
  readonly #waiting: Waiting[] = [];
  /** Sockets that are open or opening. A slot is free again only when its socket is gone. */
  #taken = 0;
  readonly #releasing = new Set<Promise<void>>();
  #closing = false;
  readonly #sessions = new Set<SmtpSession>();
  /** Attempts under way; held by whoever sends. */
  users = 0;

  /** @param slots counts the account's connections over all processes */
  constructor(
    readonly account: SmtpSettings,
    private readonly open: (attempt: Attempt) => Promise<SmtpSession>,
    private readonly slots?: Pick<ConnectionSlots, 'take'> | undefined,
  ) {}

  /** True when no connection is open or wanted: the pool can be forgotten. */
  get unused(): boolean {
    return this.#taken === 0 && this.users === 0;
  }

  /**
   * A connection of one's own until `release`, as soon as there is one.
   * @param fresh never one that was used before
   * @throws SmtpFailure when it can't be opened, or the signal fires first
   * @throws {NoConnectionFree} where other processes have all and the attempt waits no longer
   */
  async acquire(attempt: Attempt, fresh: boolean): Promise<SmtpSession> {
    const patientUntil = performance.now() + (attempt.patience ?? PATIENCE_MS);
    for (;;) {
      if (attempt.signal.aborted) throw aborted();
      const idle = fresh ? undefined : this.#takeIdle();
      if (idle) return idle;
      if (this.#taken < this.account.maxConnections) {
        const opened = await this.#openOne(attempt);
        if (opened) return opened;
        if (!fresh && this.#idle.length > 0) continue;
        if (this.#taken === 0 && performance.now() >= patientUntil)
          throw new NoConnectionFree(this.account);
      }
      if (fresh) this.#idle[0]?.session.quit();
      await this.#turn(attempt.signal, patientUntil);
    }
  }

  /** A slot that other processes had may be free. */
  slotFreed(): void {
    if (this.#taken < this.account.maxConnections) this.#waiting.shift()?.go();
  }

  /** Gives a connection back. The next message may have it once it has been cleared up. */
  async release(session: SmtpSession): Promise<void> {
    if (!(await session.tidied())) return session.destroy();
    if (this.#closing) return session.quit();
    const timer = setTimeout(() => session.quit(), IDLE_MS).unref();
    this.#idle.push({ session, timer });
    session.watchIdle();
    this.#waiting.shift()?.go();
  }

  /** Ends the idle connections now, and those in use when they come back.
   * @returns when all of them are gone, and nobody counts them any more */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { session } of this.#idle) session.quit();
    while (this.#sessions.size > 0)
      await Promise.all([...this.#sessions].map(async ({ closed }) => await closed));
    await Promise.all(this.#releasing);
  }

  // The latest first: the others grow old and are closed, and the pool shrinks by itself.
  #takeIdle(): SmtpSession | undefined {
    for (let entry = this.#idle.pop(); entry; entry = this.#idle.pop()) {
      clearTimeout(entry.timer);
      if (entry.session.usable) return entry.session;
      entry.session.destroy();
    }
    return undefined;
  }

  /** @returns undefined where the account has no connection left */
  async #openOne(attempt: Attempt): Promise<SmtpSession | undefined> {
    this.#taken += 1;
    const slot = await this.#takeSlot();
    if (!slot && this.slots) return undefined;
    this.slotFreed();
    try {
      const session = await this.open(attempt);
      this.#sessions.add(session);
      void session.closed.then(() => this.#gone(session, slot));
      return session;
    } catch (error) {
      if (isRefusedSignIn(error)) this.#failWaiting(error);
      this.#freeSlot(slot);
      throw error;
    }
  }

  /** Where none of ours is open or opening, none will come to those who wait for one of ours. */
  async #takeSlot(): Promise<ConnectionSlot | undefined> {
    try {
      const slot = await this.slots?.take(this.account);
      if (slot || !this.slots) return slot;
      this.#taken -= 1;
      if (this.#taken === 0)
        this.#failWaiting(new NoConnectionFree(this.account), performance.now());
      return undefined;
    } catch (error) {
      const failure = new SlotsUnknown(error);
      this.#taken -= 1;
      if (this.#taken === 0) this.#failWaiting(failure);
      throw failure;
    }
  }

  // Each would be refused as well, and a handful of refusals locks a mailbox. Of a connection that
  // is lost nothing follows for the next.
  #failWaiting(failure: Error, now = Infinity): void {
    for (const waiting of this.#waiting.splice(0))
      if (waiting.patientUntil <= now) waiting.fail(failure);
      else this.#waiting.push(waiting);
  }

  #gone(session: SmtpSession, slot: ConnectionSlot | undefined): void {
    this.#sessions.delete(session);
    const at = this.#idle.findIndex((entry) => entry.session === session);
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0]?.timer);
    this.#freeSlot(slot);
  }

  #freeSlot(slot: ConnectionSlot | undefined): void {
    const released = (slot?.release() ?? Promise.resolve()).then(() => {
      this.#releasing.delete(released);
      this.#taken -= 1;
      this.#waiting.shift()?.go();
    });
    this.#releasing.add(released);
  }

  /** Waits until a connection or a slot may be free, first come first served. */
  async #turn(signal: AbortSignal, patientUntil: number): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(aborted());
      };
      const waiting: Waiting = {
        patientUntil,
        go: () => {
          signal.removeEventListener('abort', stop);
          resolve();
        },
        fail: (failure) => {
          signal.removeEventListener('abort', stop);
          reject(failure);
        },
      };
      this.#waiting.push(waiting);
      signal.addEventListener('abort', stop, { once: true });
    });
  }
}

const isRefusedSignIn = (error: unknown): error is SmtpFailure =>
  error instanceof SmtpFailure &&
  (error.stage === 'auth' || error.stage === 'oauth2') &&
  (error.why.kind === 'reply' || error.why.kind === 'policy');

const aborted = (): SmtpFailure => new SmtpFailure('tcp', { kind: 'aborted' });
