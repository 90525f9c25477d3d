import { setTimeout as sleep } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import type { OAuth2Settings, SmtpSettings } from '#mailer-config';
import { type AccessTokenSource, namingSettings, NoAccessToken } from '#smtp';
import { fingerprintOf } from './fingerprint.js';
import { type GrantedTokens, requestAccessToken } from './grants.js';
import { tokenIn, type TokenState } from './token-state.js';
import { TokenStore } from './token-store.service.js';
import {
  readTokenHealth,
  type TokenHealth,
  type TokenKey,
  type TokenLease,
} from './token.repository.js';
import { unlessAborted } from './unless-aborted.js';

/** Milliseconds between two looks whether another worker has got the token. */
const LOOK_EVERY = 150;

/** Milliseconds; longer than another worker may have the right to ask, and then we ourselves. */
const PATIENCE = 45_000;

/** An account that signs in by token, and which tokens are its. */
interface TokenAccount {
  readonly account: SmtpSettings;
  readonly oauth2: OAuth2Settings;
  readonly username: string;
  readonly key: TokenKey;
}

/**
 * Access tokens of all accounts, one request at a time and account over all workers.
 *
 * The database holds them, not this process: a token is wanted when a connection is opened, which
 * takes many round trips anyway, and so every worker has at once what any of them got.
 */
@Injectable()
export class AccessTokens implements AccessTokenSource, BeforeApplicationShutdown {
  readonly #logger = new Logger('OAuth2');
  readonly #flights = new Map<string, Promise<string>>();
  readonly #stop = new AbortController();

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly store: TokenStore,
  ) {}

  async accessToken(
    account: SmtpSettings,
    { rejected, signal }: { readonly rejected?: string | undefined; readonly signal: AbortSignal },
  ): Promise<string> {
    try {
      return await unlessAborted(signal, this.#shared(tokenAccountOf(account), rejected));
    } catch (error) {
      if (!signal.aborted || error instanceof NoAccessToken) throw error;
      throw new NoAccessToken('transient', 'Waiting for an access token was stopped.');
    }
  }

  /** How the tokens of these accounts stand, by the accounts' ids; none where none were got yet. */
  async states(accounts: readonly SmtpSettings[]): Promise<Map<string, TokenHealth>> {
    const rows = await readTokenHealth(this.db);
    const states = new Map<string, TokenHealth>();
    for (const account of accounts) {
      if (!account.auth.oauth2) continue;
      const fingerprint = fingerprintOf(account);
      const row = rows.find((r) => r.accountId === account.id && r.fingerprint.equals(fingerprint));
      if (row) states.set(account.id, row.health);
    }
    return states;
  }

  /** Seals with the current key what the one before has sealed. @returns how many accounts' tokens */
  reseal(): Promise<number> {
    return this.store.reseal();
  }

  /**
   * Requests under way are waited for and not stopped: a provider may have replaced the refresh
   * token already, and the new one is in its answer.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#flights.values());
  }

  /** Those of this process that want the same have one request between them, and one result. */
  #shared(of: TokenAccount, rejected: string | undefined): Promise<string> {
    const { accountId, fingerprint } = of.key;
    const name = JSON.stringify([accountId, fingerprint.toString('hex'), rejected]);
    const underWay = this.#flights.get(name);
    if (underWay) return underWay;
    const flight = this.#get(of, rejected).finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }

  async #get(of: TokenAccount, rejected: string | undefined): Promise<string> {
    const giveUp = performance.now() + PATIENCE;
    for (;;) {
      const state = await this.store.read(of.key);
      const fresh = state && tokenIn(state, rejected, 'isFresh');
      if (fresh) return fresh;
      if (state?.needsConsent) throw new NoAccessToken('consent', state.needsConsent);
      const claim = await this.store.claim(of.key);
      if (claim) return await this.#refresh(of, claim.lease, claim.state, rejected);
      const alive = state && tokenIn(state, rejected, 'isAlive');
      if (alive) return alive;
      if (performance.now() > giveUp || this.#stop.signal.aborted)
        throw new NoAccessToken(
          'transient',
          'Another worker has asked for an access token and not come back. It is tried again.',
        );
      await sleep(LOOK_EVERY, undefined, { signal: this.#stop.signal }).catch(() => undefined);
    }
  }

  /** @param state as it was when the right to ask was got: the last one may have left a token */
  async #refresh(
    of: TokenAccount,
    lease: TokenLease,
    state: TokenState,
    rejected: string | undefined,
  ): Promise<string> {
    const { account, key } = of;
    const fresh = tokenIn(state, rejected, 'isFresh');
    if (fresh || state.needsConsent) {
      await this.store.release(key, lease, { pause: false });
      if (fresh) return fresh;
      throw new NoAccessToken('consent', state.needsConsent ?? '');
    }
    const isRefused = rejected !== undefined && rejected === state.held.accessToken;
    if (isRefused) await this.store.discard(key);
    let granted: GrantedTokens;
    try {
      granted = await this.#ask(of, state);
    } catch (error) {
      return await this.#fallBack(of, lease, state, tokenIn(state, rejected, 'isAlive'), error);
    }
    try {
      return await this.store.keep(key, state, granted, isRefused ? rejected : undefined);
    } catch (error) {
      if (granted.refreshToken)
        this.#logger.error(
          { account: account.name },
          `The provider has replaced the refresh token of the SMTP account "${account.name}", and the new one could not be stored. The account will need consent.`,
        );
      throw error;
    }
  }

  async #ask(
    { account, oauth2, username }: TokenAccount,
    state: TokenState,
  ): Promise<GrantedTokens> {
    try {
      return await requestAccessToken(oauth2, {
        username,
        reach: account.reach,
        refreshToken: state.held.refreshToken,
        accountName: account.source === 'database' ? account.name : undefined,
      });
    } catch (error) {
      if (!(error instanceof NoAccessToken)) throw error;
      const { kind, message, cause } = error;
      throw new NoAccessToken(kind, namingSettings(account, message), { cause });
    }
  }

  /** @returns `alive`, the token before, where the provider is merely late with the next one */
  async #fallBack(
    { account: { name }, key }: TokenAccount,
    lease: TokenLease,
    state: TokenState,
    alive: string | undefined,
    error: unknown,
  ): Promise<string> {
    if (error instanceof NoAccessToken && error.kind === 'consent') {
      if (await this.store.needConsent(key, state, error.message))
        this.#logger.error(
          { account: name },
          `The SMTP account "${name}" needs consent and sends nothing until then: ${error.message}`,
        );
      throw error;
    }
    await this.store.release(key, lease, { pause: alive !== undefined });
    if (alive === undefined || !(error instanceof NoAccessToken)) throw error;
    this.#logger.warn(
      { account: name },
      `The SMTP account "${name}" goes on with its old access token: ${error.message}`,
    );
    return alive;
  }
}

function tokenAccountOf(account: SmtpSettings): TokenAccount {
  const { oauth2, username } = account.auth;
  if (!oauth2 || !username)
    throw new NoAccessToken(
      'settings',
      'This account signs in with no access token: its user name, or all of OAuth2, is not set.',
    );
  const key = { accountId: account.id, fingerprint: fingerprintOf(account) };
  return { account, oauth2, username, key };
}
