import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DATABASE, DATABASE_CONNECTION, type DatabaseConnection, type Db } from '#database';
import type { SmtpSettings } from '#mailer-config';
import type { Verdict } from '#smtp';
import { Vault } from '#vault';
import { type AccountFault, accountFaultOf, type Failures, oneMore } from './breaker.js';
import {
  type BreakerKey,
  type BreakerRow,
  endProbes,
  giveProbeBack,
  HEALTH_CHANNEL,
  readBreaker,
  readBreakers,
  recordFailure,
  recordSuccess,
  takeProbe,
} from './breaker.query.js';
import { Reload } from './reload.js';

/** Milliseconds between two notes that an account works: nobody needs to know it to the mail. */
const NOTE_SUCCESS_EVERY = 5_000;

/** `closed`: it is used. `open`: it is left alone. `half-open`: one mail may try it. */
export type BreakerState = 'closed' | 'open' | 'half-open';

/** Injection token: a number in [0, 1), for the jitter. */
export const BREAKER_RANDOM = Symbol('gatepost:breaker-random');

interface Known extends Failures {
  /** `performance.now()`; undefined: it is used. */
  pausedUntil: number | undefined;
  lastFailure: string | undefined;
}

/**
 * The circuit breakers of the accounts. What one worker learns all others know: the state is in
 * the database, and each change is told by a notification. Mails wait, or go by another account.
 */
@Injectable()
export class AccountBreakers implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('Accounts');
  /** By the fingerprint of the settings that it is about. */
  readonly #known = new Map<string, Known>();
  readonly #keys = new WeakMap<SmtpSettings, BreakerKey>();
  readonly #notedAt = new Map<string, number>();
  readonly #subscribers = new Set<() => void>();
  readonly #reload = new Reload(
    () => this.#readAll(),
    (err) => this.#logger.warn({ err }, 'The state of the accounts can not be read; trying again'),
  );
  #unlisten: (() => Promise<void>) | undefined;
  #hasStarted = false;

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
    private readonly vault: Vault,
    @Inject(BREAKER_RANDOM) private readonly random: () => number,
  ) {}

  async onModuleInit(): Promise<void> {
    this.#unlisten = await this.connection.listen(HEALTH_CHANNEL, () => void this.#reload.now());
    await this.#reload.now();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#unlisten?.();
    await this.#reload.close();
  }

  /** Calls back when an account is left alone, or comes back. */
  onChanged(callback: () => void): void {
    this.#subscribers.add(callback);
  }

  stateOf(account: SmtpSettings): BreakerState {
    const until = this.#of(account)?.pausedUntil;
    if (until === undefined) return 'closed';
    return until > performance.now() ? 'open' : 'half-open';
  }

  /** Milliseconds until one mail may try it; 0 where it may now. */
  pauseLeft(account: SmtpSettings): number {
    return Math.max(0, (this.#of(account)?.pausedUntil ?? 0) - performance.now());
  }

  /** Why it failed last, a sentence; undefined while it works. */
  failureOf(account: SmtpSettings): string | undefined {
    const known = this.#of(account);
    return known && known.failures > 0 ? known.lastFailure : undefined;
  }

  /** Of a half-open account: is it for us to try? Then tell what came of it, or `unprobe`. */
  async probe(account: SmtpSettings): Promise<boolean> {
    if (await takeProbe(this.db, this.#keyOf(account))) return true;
    await this.#read(account);
    return false;
  }

  async unprobe(account: SmtpSettings): Promise<void> {
    await giveProbeBack(this.db, this.#keyOf(account));
  }

  /** Takes note of what a try says about its account. Never rejects: mail goes on without it. */
  async learn(account: SmtpSettings, verdict: Verdict, isProbe: boolean): Promise<void> {
    try {
      if (isAgainst(verdict)) await this.#failed(account, verdict, isProbe);
      else if (verdict.outcome === 'accepted' || verdict.replyCode !== undefined)
        await this.#succeeded(account, isProbe);
      else if (isProbe) await this.unprobe(account);
    } catch (error) {
      this.#logger.warn({ account: account.name, err: error }, 'Its state is not written down');
    }
  }

  async #failed(account: SmtpSettings, verdict: Verdict, isProbe: boolean): Promise<void> {
    const before = this.stateOf(account);
    const fault = accountFaultOf(verdict);
    const random = this.random();
    this.#suspect(account, fault, verdict.sentence, random);
    const row = await recordFailure(this.db, {
      ...this.#keyOf(account),
      fault,
      sentence: verdict.sentence,
      isProbe,
      random,
    });
    this.#keep(row);
    const after = this.stateOf(account);
    if (after !== 'open' || (before === 'open' && !isProbe)) return;
    const seconds = Math.max(1, Math.round(this.pauseLeft(account) / 1_000));
    this.#logger.error(
      { account: account.name, failures: row.failures, seconds },
      `The SMTP account "${account.name}" is left alone for ${seconds} s: ${verdict.sentence}`,
    );
    this.#tell();
  }

  /** Until the database has said what all workers know: nobody begins anything meanwhile. */
  #suspect(account: SmtpSettings, fault: AccountFault, sentence: string, random: number): void {
    if (this.stateOf(account) !== 'closed') return;
    const before = this.#of(account) ?? { failures: 0, refusedSignIns: 0 };
    const { failures, refusedSignIns, pause } = oneMore(before, fault, false, random);
    this.#known.set(hex(this.#keyOf(account)), {
      failures,
      refusedSignIns,
      pausedUntil: pause > 0 ? performance.now() + pause * 1_000 : undefined,
      lastFailure: sentence,
    });
  }

  async #succeeded(account: SmtpSettings, isProbe: boolean): Promise<void> {
    const known = this.#of(account);
    // What was begun before a pause says nothing about now.
    if (this.stateOf(account) !== 'closed' && !isProbe) return;
    const now = performance.now();
    const isNews = known !== undefined && known.failures > 0;
    if (!isNews && now - (this.#notedAt.get(account.id) ?? -Infinity) < NOTE_SUCCESS_EVERY) return;
    this.#notedAt.set(account.id, now);
    this.#keep(await recordSuccess(this.db, this.#keyOf(account), isNews));
    if (!isNews) return;
    this.#logger.log({ account: account.name }, `The SMTP account "${account.name}" works again`);
    this.#tell();
  }

  /** It may be another's turn to try; or it has come back, and we were not told. */
  async #read(account: SmtpSettings): Promise<void> {
    const before = this.stateOf(account);
    const key = this.#keyOf(account);
    const row = await readBreaker(this.db, key);
    if (row) this.#keep(row);
    else this.#known.delete(hex(key));
    if (this.stateOf(account) !== before) this.#tell();
  }

  async #readAll(): Promise<void> {
    // Nobody else can be trying an account of an embedded database: who was, died at it.
    if (!this.#hasStarted && this.connection.kind === 'embedded') await endProbes(this.db);
    this.#hasStarted = true;
    for (const row of await readBreakers(this.db)) this.#keep(row);
    this.#tell();
  }

  #keep({ pausedForMs, lastFailure, ...row }: BreakerRow): void {
    const pausedUntil = pausedForMs === null ? undefined : performance.now() + pausedForMs;
    this.#known.set(hex(row), {
      failures: row.failures,
      refusedSignIns: row.refusedSignIns,
      pausedUntil,
      lastFailure: lastFailure ?? undefined,
    });
  }

  /** Undefined where nothing is known of these settings. */
  #of(account: SmtpSettings): Known | undefined {
    return this.#known.get(hex(this.#keyOf(account)));
  }

  #keyOf(account: SmtpSettings): BreakerKey {
    const made = this.#keys.get(account);
    if (made) return made;
    // Keyed, since a password is among what it is made of.
    const fingerprint = this.vault.hmac('smtp-account', JSON.stringify(account));
    const key = { accountId: account.id, fingerprint };
    this.#keys.set(account, key);
    return key;
  }

  #tell(): void {
    for (const callback of this.#subscribers) callback();
  }
}

// A refused recipient (RFC 5321 section 4.2.3, 550 and up), even one that only this account may not
// send to, says that the account can be reached and signed in to. Else a stranger who registers a
// few odd addresses would have it left alone.
const isAgainst = ({ outcome, stage, replyCode }: Verdict): boolean =>
  outcome === 'unknown' ||
  (outcome === 'account-failed' &&
    !(stage === 'rcpt' && replyCode !== undefined && replyCode >= 550));

const hex = ({ fingerprint }: BreakerKey): string => fingerprint.toString('hex');
