import { SmtpFailure } from './smtp.errors.js';
import type { SmtpSession } from './session.js';
import type { Attempt } from './transaction.js';

/** Servers close idle connections after minutes, firewalls sooner; a burst needs only seconds. */
const IDLE_MS = 10_000;

interface Waiting {
  go(): void;
  fail(failure: SmtpFailure): void;
}

/** The connections of one account: at most so many, used again while they are good. */
export class SessionPool {
  readonly #idle: { readonly session: SmtpSession; readonly timer: NodeJS.Timeout }[] = [];
  readonly #waiting: Waiting[] = [];
  /** Sockets that are open or opening. A slot is free again only when its socket is gone. */
  #taken = 0;
  #closing = false;
  readonly #sessions = new Set<SmtpSession>();
  /** Attempts under way; held by whoever sends. */
  users = 0;

  constructor(
    private readonly limit: number,
    private readonly open: (attempt: Attempt) => Promise<SmtpSession>,
  ) {}

  /** True when no connection is open or wanted: the pool can be forgotten. */
  get unused(): boolean {
    return this.#taken === 0 && this.users === 0;
  }

  /**
   * A connection of one's own until `release`, as soon as there is one.
   * @param fresh never one that was used before
   * @throws SmtpFailure when it can't be opened, or the signal fires first
   */
  async acquire(attempt: Attempt, fresh: boolean): Promise<SmtpSession> {
    for (;;) {
      if (attempt.signal.aborted) throw aborted();
      const idle = fresh ? undefined : this.#takeIdle();
      if (idle) return idle;
      if (this.#taken < this.limit) return await this.#openOne(attempt);
      if (fresh) this.#idle[0]?.session.quit();
      await this.#turn(attempt.signal);
    }
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
   * @returns when all of them are gone */
  async close(): Promise<void> {
    this.#closing = true;
    for (const { session } of this.#idle) session.quit();
    while (this.#sessions.size > 0)
      await Promise.all([...this.#sessions].map(async ({ closed }) => await closed));
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

  async #openOne(attempt: Attempt): Promise<SmtpSession> {
    this.#taken += 1;
    try {
      const session = await this.open(attempt);
      this.#sessions.add(session);
      void session.closed.then(() => this.#gone(session));
      return session;
    } catch (error) {
      if (isRefusedSignIn(error)) this.#failWaiting(error);
      this.#freeSlot();
      throw error;
    }
  }

  // Each would be refused as well, and a handful of refusals locks a mailbox. Of a connection that
  // is lost nothing follows for the next.
  #failWaiting(failure: SmtpFailure): void {
    for (const { fail } of this.#waiting.splice(0)) fail(failure);
  }

  #gone(session: SmtpSession): void {
    this.#sessions.delete(session);
    const at = this.#idle.findIndex((entry) => entry.session === session);
    if (at >= 0) clearTimeout(this.#idle.splice(at, 1)[0]?.timer);
    this.#freeSlot();
  }

  #freeSlot(): void {
    this.#taken -= 1;
    this.#waiting.shift()?.go();
  }

  /** Waits until a connection or a slot may be free, first come first served. */
  async #turn(signal: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const stop = (): void => {
        this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
        reject(aborted());
      };
      const waiting: Waiting = {
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
