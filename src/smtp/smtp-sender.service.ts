import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, type OnApplicationShutdown, Optional } from '@nestjs/common';
import type { SmtpSettings } from '#mailer-config';
import { ACCESS_TOKENS, type AccessTokenSource } from './access-token.js';
import {
  checkEnvelope,
  composeMessage,
  type ComposedMessage,
  type OutgoingMessage,
} from './compose.js';
import { connect } from './connect.js';
import { CONNECTION_SLOTS, type ConnectionSlots } from './connection-slots.js';
import { Ladder } from './ladder.js';
import type { OpenConnection } from './session.js';
import { SessionPool } from './session-pool.js';
import { namingSettings } from './sentences.js';
import { ComposeError } from './smtp.errors.js';
import {
  type Bounds,
  type Ending,
  givenUp,
  type Outgoing,
  Submission,
  unfit,
} from './submission.js';
import { Transcript } from './transcript.js';
import { type Verdict, verdictOf } from './verdict.js';

/** What one attempt is bound to. */
export interface SendOptions {
  /** Ends the attempt (`deferred`) as long as the end of the message is not written. */
  readonly signal?: AbortSignal | undefined;
  /** `performance.now()` from which on nothing is handed over any more. */
  readonly notAfter?: number | undefined;
  /** Asked right before the message is handed over: is it still for us to do? */
  readonly mayHandOver?: (() => boolean) | undefined;
  /** Milliseconds of waiting for a connection where other processes have them all; a minute unless given. */
  readonly patience?: number | undefined;
  /** `fresh`: over a connection of its own, to find out whether one can still sign in. */
  readonly over?: 'any' | 'fresh' | undefined;
}

/** Milliseconds of waiting for a connection that other processes have, unless said otherwise. */
const PATIENCE = 60_000;
const always = (): boolean => true;
/** Connections on which a mail may find out that others have used them up, before it is told. */
const TRIES = 5;
/** Milliseconds after which a pool that nobody asked is forgotten: its settings may be gone. */
const FORGOTTEN = 3_600_000;

/** Sends messages over SMTP accounts and says exactly how each attempt ended. */
@Injectable()
export class SmtpSender implements OnApplicationShutdown {
  readonly #logger = new Logger(SmtpSender.name);
  readonly #pools = new Map<string, SessionPool>();
  /** Forgotten already, and not closed yet. */
  readonly #closing = new Set<SessionPool>();
  readonly #fingerprints = new WeakMap<SmtpSettings, string>();
  readonly #running = new Set<Promise<unknown>>();
  readonly #stop = new AbortController();
  #isClosing = false;

  /**
   * @param tokens where accounts sign in with access tokens
   * @param slots where several processes share the connections of an account
   */
  constructor(
    @Optional() @Inject(ACCESS_TOKENS) private readonly tokens?: AccessTokenSource | undefined,
    @Optional() @Inject(CONNECTION_SLOTS) private readonly slots?: ConnectionSlots | undefined,
  ) {}

  /**
   * One attempt to hand one message over. Resolves with a verdict for whatever servers, networks
   * and settings do; it rejects only for faults of our own. Once the end of the message is written
   * only the answer counts, and SMTP_TIMEOUT_DATA bounds the wait for it.
   * @throws {NoConnectionFree} where other processes have all of the account's connections
   */
  async send(
    account: SmtpSettings,
    message: OutgoingMessage,
    options: SendOptions = {},
  ): Promise<Verdict> {
    const began = performance.now();
    try {
      checkEnvelope(account, message);
    } catch (error) {
      if (!(error instanceof ComposeError)) throw error;
      return verdictOf(account, unfit(error), [], performance.now() - began, account.auth);
    }
    const compose = (eightBit: boolean) => composeMessage(account, message, eightBit);
    return await this.#attempt(account, compose, options);
  }

  /** As `send`, for octets that are made already: 7-bit, lines that end in CRLF. */
  async handOver(
    account: SmtpSettings,
    message: ComposedMessage,
    options: SendOptions = {},
  ): Promise<Verdict> {
    return await this.#attempt(account, () => message, options);
  }

  /**
   * Messages of this account that can be under way at once: what is beyond that would wait.
   * @param connections that it may have open, as far as is known
   */
  capacityOf(account: SmtpSettings, connections = account.maxConnections): number {
    const pool = this.#pools.get(this.#fingerprintOf(account));
    return pool ? pool.capacity(connections) : connections;
  }

  /**
   * Takes no more messages, lets those under way finish for `graceMs`, then ends them, and closes
   * every connection.
   */
  async close(graceMs = 0): Promise<void> {
    this.#isClosing = true;
    const pools = [...this.#pools.values(), ...this.#closing];
    const timer = setTimeout(() => {
      this.#stop.abort();
      for (const pool of pools) pool.abandon();
    }, graceMs);
    await Promise.allSettled([...pools.map(async (pool) => await pool.close()), ...this.#running]);
    clearTimeout(timer);
    this.#stop.abort();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.close();
  }

  async #attempt(
    account: SmtpSettings,
    compose: Outgoing['compose'],
    options: SendOptions,
  ): Promise<Verdict> {
    const began = performance.now();
    const tokens = new Set<string>();
    const credentials = { ...account.auth, tokens };
    const transcript = new Transcript(credentials);
    const work = this.#try(account, { compose, transcript, tokens }, options);
    const ending = await this.#track(work);
    return verdictOf(account, ending, transcript.lines, performance.now() - began, credentials);
  }

  /** A connection that turns out dead before anything was handed over costs a mail nothing. */
  async #try(
    account: SmtpSettings,
    outgoing: Outgoing,
    { signal, notAfter = Infinity, mayHandOver = always, patience = PATIENCE, over }: SendOptions,
  ): Promise<Ending> {
    if (this.#isClosing) return givenUp('tcp');
    const stop = this.#stop.signal;
    const bounds = {
      notAfter,
      mayHandOver,
      patientUntil: performance.now() + patience,
      signal: signal ? AbortSignal.any([signal, stop]) : stop,
    };
    // Once for all tries: settings that are changed meanwhile must not drive out the new ones.
    const pool = this.#poolOf(account);
    let openedAfter = over === 'fresh' ? performance.now() : 0;
    for (let tries = 1; ; tries += 1) {
      const ending = await this.#submit(pool, outgoing, { ...bounds, openedAfter }, signal);
      if (!ending.again || tries === TRIES) return ending;
      openedAfter = performance.now();
    }
  }

  async #submit(
    pool: SessionPool,
    outgoing: Outgoing,
    bounds: Bounds,
    asked: AbortSignal | undefined,
  ): Promise<Ending> {
    if (bounds.signal.aborted) return givenUp('tcp');
    const submission = new Submission(outgoing, bounds);
    const giveUp = (): void => pool.giveUp(submission);
    asked?.addEventListener('abort', giveUp);
    pool.submit(submission);
    return await submission.ended.finally(() => asked?.removeEventListener('abort', giveUp));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    const tracked = work.finally(() => this.#running.delete(tracked));
    this.#running.add(tracked);
    return tracked;
  }

  #poolOf(account: SmtpSettings): SessionPool {
    const key = this.#fingerprintOf(account);
    const known = this.#pools.get(key);
    if (known) return known;
    const now = performance.now();
    for (const [other, pool] of this.#pools) {
      const isUnused = pool.isUnused && now - pool.usedAt > FORGOTTEN;
      // What was opened with other settings counts as well.
      const isReplaced = this.slots && pool.account.id === account.id;
      if (isUnused || isReplaced) this.#forget(other, pool);
    }
    const pool = new SessionPool({
      account,
      ladder: new Ladder(account.pipelining),
      slots: this.slots,
      connect: async (submission) => await this.#connect(account, submission),
    });
    this.#pools.set(key, pool);
    return pool;
  }

  /** It may be asked for again, by settings that are changed back: then another one is made. */
  #forget(key: string, pool: SessionPool): void {
    this.#pools.delete(key);
    this.#closing.add(pool);
    void pool.close().then(() => this.#closing.delete(pool));
  }

  async #connect(account: SmtpSettings, submission: Submission): Promise<OpenConnection> {
    if (account.tls.insecure && account.security !== 'clear')
      this.#logger.warn(
        namingSettings(
          account,
          `Connecting to ${account.host}:${account.port} without checking its certificate: SMTP_TLS_INSECURE is on for the account "${account.name}".`,
        ),
      );
    return await connect(account, submission, this.tokens);
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
}
