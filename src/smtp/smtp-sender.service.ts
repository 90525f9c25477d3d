import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { SmtpSettings } from '#mailer-config';
import { ACCESS_TOKENS, type AccessTokenSource } from './access-token.js';
import { composeMessage, type ComposedMessage, type OutgoingMessage } from './compose.js';
import { openSession } from './connect.js';
import { type Credentials, presentable } from './masking.js';
import { replyLine } from './reply.js';
import { namingSettings, sentenceFor } from './sentences.js';
import { SessionPool } from './session-pool.js';
import type { SmtpSession } from './session.js';
import { type Cause, ComposeError, SmtpFailure } from './smtp.errors.js';
import type { Attempt, Ending } from './transaction.js';
import { Transcript } from './transcript.js';
import type { Verdict } from './verdict.js';

/** Sends messages over SMTP accounts and says exactly how each attempt ended. */
@Injectable()
export class SmtpSender implements OnApplicationShutdown {
  readonly #logger = new Logger(SmtpSender.name);
  readonly #pools = new Map<string, SessionPool>();
  readonly #fingerprints = new WeakMap<SmtpSettings, string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();

  /** @param tokens where accounts sign in with access tokens */
  constructor(
    @Optional() @Inject(ACCESS_TOKENS) private readonly tokens?: AccessTokenSource | undefined,
  ) {}

  /**
   * One attempt to hand one message over. Resolves with a verdict for whatever servers, networks
   * and settings do; it rejects only for faults of our own.
   * @param signal ends the attempt (`deferred`) as long as the final dot is not written; from then
   * on only the answer counts, and SMTP_TIMEOUT_DATA bounds the wait for it
   * @param over `fresh`: never a connection that was used before, to find out whether one can
   * still sign in
   */
  async send(
    account: SmtpSettings,
    message: OutgoingMessage,
    signal?: AbortSignal,
    over: 'any' | 'fresh' = 'any',
  ): Promise<Verdict> {
    const began = performance.now();
    try {
      return await this.handOver(account, composeMessage(account, message), signal, over);
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error;
      const outcome = error.fault === 'message' ? 'rejected' : 'account-failed';
      const why: Cause = { kind: 'policy', sentence: error.message };
      return verdictOf(account, { outcome, stage: 'mail', why }, [], began, account.auth);
    }
  }

  /** As `send`, for octets that are made already: 7-bit, lines that end in CRLF. */
  async handOver(
    account: SmtpSettings,
    message: ComposedMessage,
    signal?: AbortSignal,
    over: 'any' | 'fresh' = 'any',
  ): Promise<Verdict> {
    const began = performance.now();
    const stop = this.#stop.signal;
    const tokens = new Set<string>();
    const credentials = { ...account.auth, tokens };
    const attempt = {
      transcript: new Transcript(credentials),
      tokens,
      stop,
      signal: signal ? AbortSignal.any([signal, stop]) : stop,
    };
    const ending = await this.#tracked(this.#tryOnce(account, message, attempt, over));
    return verdictOf(account, ending, attempt.transcript.lines, began, credentials);
  }

  /**
   * Takes no more messages, lets those under way finish for `graceMs`, then ends them, and closes
   * every connection.
   */
  async close(graceMs = 0): Promise<void> {
    const timer = setTimeout(() => this.#stop.abort(), graceMs);
    const closed = [...this.#pools.values()].map(async (pool) => await pool.close());
    await Promise.all([...closed, ...this.#running]);
    clearTimeout(timer);
    this.#stop.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async #tryOnce(
    account: SmtpSettings,
    message: ComposedMessage,
    attempt: Attempt,
    over: 'any' | 'fresh',
  ): Promise<Ending> {
    const pool = this.#poolOf(account);
    pool.users += 1;
    try {
      const session = await pool.acquire(attempt, over === 'fresh');
      const wasIdle = session.used;
      const ending = await this.#sendOver(pool, session, message, attempt);
      if (!wasIdle || !diedOfAge(ending)) return ending;
      return await this.#sendOver(pool, await pool.acquire(attempt, true), message, attempt);
    } catch (error) {
      if (!(error instanceof SmtpFailure)) throw error;
      const outcome = error.why.kind === 'aborted' ? 'deferred' : 'account-failed';
      return { outcome, stage: error.stage, why: error.why };
    } finally {
      pool.users -= 1;
    }
  }

  async #sendOver(
    pool: SessionPool,
    session: SmtpSession,
    message: ComposedMessage,
    attempt: Attempt,
  ): Promise<Ending> {
    if (session.token) attempt.tokens.add(session.token);
    try {
      return await session.send(message, attempt);
    } finally {
      // clearing up (RSET) is not part of the verdict; nobody waits for it but close()
      void this.#tracked(pool.release(session));
    }
  }

  #poolOf(account: SmtpSettings): SessionPool {
    for (const [key, pool] of this.#pools) if (pool.unused) this.#pools.delete(key);
    const key = this.#fingerprintOf(account);
    const pool =
      this.#pools.get(key) ??
      new SessionPool(account.maxConnections, async (attempt) => {
        if (account.tls.insecure && account.security !== 'clear')
          this.#logger.warn(
            namingSettings(
              account,
              `Connecting to ${account.host}:${account.port} without checking its certificate: SMTP_TLS_INSECURE is on for the account "${account.name}".`,
            ),
          );
        return await openSession(account, attempt, this.tokens);
      });
    this.#pools.set(key, pool);
    return pool;
  }

  // Settings that differ in anything never share a connection. An access token is no setting: who
  // has signed in stays signed in, even when the token has expired meanwhile.
  #fingerprintOf(account: SmtpSettings): string {
    const known = this.#fingerprints.get(account);
    if (known) return known;
    const made = createHash('sha256').update(JSON.stringify(account)).digest('base64');
    this.#fingerprints.set(account, made);
    return made;
  }

  async #tracked<T>(work: Promise<T>): Promise<T> {
    this.#running.add(work);
    try {
      return await work;
    } finally {
      this.#running.delete(work);
    }
  }
}

/** Did a connection that had been idle turn out dead, before anything was handed over? */
function diedOfAge({ outcome, why }: Ending): boolean {
  if (outcome !== 'account-failed') return false;
  return why.kind === 'reply' ? why.reply.code === 421 : why.kind !== 'policy';
}

function verdictOf(
  account: SmtpSettings,
  { outcome, stage, why }: Ending,
  transcript: readonly string[],
  began: number,
  credentials: Credentials,
): Verdict {
  const reply = why.kind === 'reply' ? why.reply : undefined;
  const said = reply ? replyLine(reply) : 'received' in why ? why.received : '';
  return {
    outcome,
    stage,
    replyCode: reply?.code,
    enhancedCode: reply?.enhancedCode,
    errorCode: errorCodeOf(why),
    ending: why.kind,
    fault: why.kind === 'policy' ? why.fault : undefined,
    reply: said === '' ? undefined : presentable(said, credentials),
    sentence: sentenceFor(account, stage, outcome, why, credentials),
    durationMs: Math.round(performance.now() - began),
    transcript,
  };
}

const errorCodeOf = (why: Cause): string | undefined =>
  why.kind === 'lost' ? why.code : why.kind === 'deadline' ? 'ETIMEDOUT' : undefined;
