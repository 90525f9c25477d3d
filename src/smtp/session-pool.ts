import type { SmtpSettings } from '#mailer-config';
import {
  type ConnectionSlot,
  type ConnectionSlots,
  NoConnectionFree,
  SlotsUnknown,
} from './connection-slots.js';
import { SlotKeeper } from './slot-keeper.js';
import type { Ladder } from './ladder.js';
import { SlowStart } from './slow-start.js';
import { SmtpFailure } from './smtp.errors.js';
import { type OpenConnection, SmtpSession } from './session.js';
import { givenUp, type Submission } from './submission.js';

/** Servers close idle connections after minutes, firewalls sooner; a burst needs only seconds. */
const IDLE = 10_000;
/** Milliseconds: work of so long is what one connection gets before another one is opened. */
const QUICK = 10;
/** Share of the newest in the running mean of how long a mail takes. */
const NEWEST = 0.2;
/** Milliseconds in which a server that takes no more connections is not asked for one. */
const TOO_MANY = 60_000;
/** Milliseconds between looks for mails that have waited for too long. */
const LOOK = 500;

/** What a pool works with. */
export interface PoolMeans {
  readonly account: SmtpSettings;
  readonly ladder: Ladder;
  /** Undefined: nobody else connects to this account. */
  readonly slots: ConnectionSlots | undefined;
  /** @throws SmtpFailure with the stage it ended at */
  connect(submission: Submission): Promise<OpenConnection>;
}

/**
 * The connections of one account, never more than it may have. How many are opened follows from
 * how much there is to do and how long a mail takes: to a quick server a second connection is
 * worth nothing, to a slow one each is.
 */
export class SessionPool {
  readonly account: SmtpSettings;
  /** `performance.now()` when it was last asked for anything. */
  usedAt = performance.now();
  readonly #sessions = new Set<SmtpSession>();
  readonly #idle = new Map<SmtpSession, NodeJS.Timeout>();
  readonly #waiting: Submission[] = [];
  readonly #slowStart = new SlowStart();
  /** Connections that are being opened. A slot is free again only when its socket is gone. */
  readonly #opening = new Set<Promise<void>>();
  #isClosing = false;
  #msPerMail: number | undefined;
  /** Connections that the server lets us have, and until when we believe it. */
  #most = { connections: Infinity, until: -Infinity };
  #look: NodeJS.Timeout | undefined;
  readonly #slots: SlotKeeper;

  constructor(private readonly means: PoolMeans) {
    this.account = means.account;
    this.#slots = new SlotKeeper(means.account, means.slots, () => this.#feed());
  }

  /** True when no connection is open or wanted. */
  get isUnused(): boolean {
    return this.#taken === 0 && this.#waiting.length === 0;
  }

  /**
   * Mails that can be under way at once now: what is beyond that would wait.
   * @param connections that there may be, as far as is known
   */
  capacity(connections: number): number {
    let depth = 0;
    for (const session of this.#sessions) depth += session.depth;
    const more = Math.max(0, Math.min(connections, this.#limit) - this.#sessions.size);
    return Math.min(this.#slowStart.most, depth + more);
  }

  submit(submission: Submission): void {
    this.usedAt = performance.now();
    this.#queue(submission);
    this.#feed();
    if (this.#waiting.length > 0) this.#look ??= setTimeout(() => this.#endLate(), LOOK);
  }

  /** Nobody waits for it any more. */
  giveUp(submission: Submission): void {
    const at = this.#waiting.indexOf(submission);
    if (at >= 0) {
      this.#waiting.splice(at, 1);
      submission.end(givenUp('tcp'));
      return;
    }
    for (const session of this.#sessions) session.giveUp(submission);
  }

  /** Opens no more connections; those there are end when they have nothing to do.
   * @returns when all of them are gone, and nobody counts them any more */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearTimeout(this.#look);
    for (const submission of this.#waiting.splice(0)) submission.end(givenUp('tcp'));
    for (const session of this.#sessions) session.quit();
    while (this.#taken > 0)
      await Promise.all([...this.#opening, ...[...this.#sessions].map(({ closed }) => closed)]);
    await this.#slots.close();
  }

  /** Ends everything at once; what has been handed over may have arrived. */
  abandon(): void {
    for (const session of this.#sessions) session.end({ kind: 'aborted' });
  }

  get #taken(): number {
    return this.#sessions.size + this.#opening.size;
  }

  get #limit(): number {
    const { connections, until } = this.#most;
    const most = performance.now() < until ? connections : Infinity;
    return Math.min(this.account.maxConnections, this.#slowStart.most, most);
  }

  get #inFlight(): number {
    let mails = 0;
    for (const session of this.#sessions) mails += session.inFlight;
    return mails;
  }

  /** Connections that are worth having for what there is to do. */
  get #wanted(): number {
    const each = this.#msPerMail === undefined ? 1 : Math.max(1, QUICK / this.#msPerMail);
    return Math.ceil((this.#waiting.length + this.#inFlight) / each) + this.#opening.size;
  }

  /** Who needs a new connection goes first, since others would take it; nobody waits at the end. */
  #queue(submission: Submission): void {
    if (this.#isClosing) return submission.end(givenUp('tcp'));
    const others =
      submission.bounds.openedAfter > 0
        ? this.#waiting.findIndex(({ bounds }) => bounds.openedAfter === 0)
        : -1;
    this.#waiting.splice(others < 0 ? this.#waiting.length : others, 0, submission);
  }

  #feed(): void {
    while (this.#waiting.length > 0 && this.#inFlight < this.#slowStart.most) {
      const [next] = this.#waiting;
      if (!next) break;
      const session = this.#sessionFor(next);
      if (!session) break;
      this.#waiting.shift();
      this.#begin(session, next);
    }
    while (this.#waiting.length > 0 && this.#mayOpen()) this.#openFor(this.#waiting.shift());
    this.#watchIdle();
  }

  /** The one with the fewest mails; of the idle ones the latest, so that the others grow old. */
  #sessionFor({ bounds: { openedAfter } }: Submission): SmtpSession | undefined {
    let best: SmtpSession | undefined;
    for (const session of this.#sessions) {
      if (!session.hasRoom || session.openedAt <= openedAfter) continue;
      if (session.inFlight > 0 && !this.#mayStack) continue;
      if (!best || session.inFlight < best.inFlight) best = session;
      else if (session.inFlight === best.inFlight && session.usedAt > best.usedAt) best = session;
    }
    return best;
  }

  /** Behind another mail, rather than over a connection that is still to be opened? */
  get #mayStack(): boolean {
    const isQuick = this.#msPerMail !== undefined && this.#msPerMail <= QUICK;
    return isQuick || this.#slots.isFull || this.#taken >= this.#limit;
  }

  #mayOpen(): boolean {
    if (this.#isClosing) return false;
    const needsNew = (this.#waiting[0]?.bounds.openedAfter ?? 0) > 0;
    if (this.#slots.isFull || this.#taken >= this.#limit) {
      if (needsNew && this.#opening.size === 0) [...this.#idle.keys()][0]?.quit();
      return false;
    }
    return this.#taken === 0 || needsNew || this.#wanted > this.#taken;
  }

  #begin(session: SmtpSession, submission: Submission): void {
    clearTimeout(this.#idle.get(session));
    this.#idle.delete(session);
    session.begin(submission);
  }

  #openFor(submission: Submission | undefined): void {
    if (!submission) return;
    const opening = this.#open(submission).finally(() => {
      this.#opening.delete(opening);
      this.#feed();
    });
    this.#opening.add(opening);
  }

  async #open(submission: Submission): Promise<void> {
    let slot: ConnectionSlot | undefined;
    try {
      slot = await this.#slots.take();
      if (!slot) return this.#refused(submission);
      const session = this.#opened(await this.means.connect(submission), slot);
      if (submission.bounds.signal.aborted) submission.end(givenUp('tcp'));
      else this.#begin(session, submission);
      if (this.#isClosing) session.quit();
    } catch (error) {
      this.#slots.release(slot);
      this.#failed(submission, error);
    }
  }

  /** Others have all connections: whoever has the time waits for one, of ours or of theirs. */
  #refused(submission: Submission): void {
    const oursMayBeFree = this.#sessions.size > 0 || this.#opening.size > 1;
    const now = performance.now();
    for (const each of [submission, ...this.#waiting.splice(0)])
      if (oursMayBeFree || each.bounds.patientUntil > now) this.#queue(each);
      else each.fail(new NoConnectionFree(this.account));
  }

  #opened(connection: OpenConnection, slot: ConnectionSlot): SmtpSession {
    const { account, ladder } = this.means;
    const session = new SmtpSession(connection, account, ladder, {
      changed: () => this.#feed(),
      done: (ms, isAccepted) => this.#learn(ms, isAccepted),
    });
    this.#sessions.add(session);
    void session.closed.then(() => {
      this.#sessions.delete(session);
      clearTimeout(this.#idle.get(session));
      this.#idle.delete(session);
      this.#slots.release(slot);
      this.#feed();
    });
    return session;
  }

  #failed(submission: Submission, error: unknown): void {
    if (!(error instanceof SmtpFailure)) return submission.fail(error);
    const { stage, why } = error;
    if (why.kind === 'aborted') return submission.end(givenUp(stage));
    if (error instanceof SlotsUnknown) return submission.end({ outcome: 'deferred', stage, why });
    if (this.#isOneTooMany(error)) {
      this.#most = { connections: this.#taken - 1, until: performance.now() + TOO_MANY };
      return this.#queue(submission);
    }
    this.#slowStart.begin();
    submission.end({ outcome: 'account-failed', stage, why });
    // Each would be refused as well, and a handful of refusals locks a mailbox. And where nothing
    // is connected they would be told one after the other, each after its own time-out.
    if (!isRefusedSignIn(error) && this.#taken > 1) return;
    for (const other of this.#waiting.splice(0))
      other.end({ outcome: 'account-failed', stage, why });
  }

  /** The server has no more for us at the moment, and others of ours work, or may: 421, or Microsoft's 432. */
  #isOneTooMany({ stage, why }: SmtpFailure): boolean {
    const code = why.kind === 'reply' ? why.reply.code : 0;
    return this.#taken > 1 && stage === 'greeting' && code >= 400 && code < 500;
  }

  #learn(ms: number, isAccepted: boolean): void {
    this.#msPerMail =
      this.#msPerMail === undefined ? ms : this.#msPerMail * (1 - NEWEST) + ms * NEWEST;
    if (isAccepted) this.#slowStart.accepted(this.account);
  }

  #watchIdle(): void {
    for (const session of this.#sessions)
      if (session.inFlight === 0 && !this.#idle.has(session))
        this.#idle.set(session, setTimeout(() => session.quit(), IDLE).unref());
  }

  #endLate(): void {
    this.#look = undefined;
    const now = performance.now();
    this.#slots.isFull = false;
    for (const submission of this.#waiting.filter(({ bounds }) => bounds.notAfter <= now))
      this.giveUp(submission);
    this.#feed();
    if (this.#waiting.length > 0) this.#look = setTimeout(() => this.#endLate(), LOOK);
  }
}

const isRefusedSignIn = ({ stage, why }: SmtpFailure): boolean =>
  (stage === 'auth' || stage === 'oauth2') && (why.kind === 'reply' || why.kind === 'policy');
