import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { Vault } from '#vault';
import type { GrantedTokens } from './grants.js';
import { resealTokens } from './reseal.query.js';
import type { TokenState } from './token-state.js';
import { usableFor } from './token-lifetime.js';
import {
  claimRefresh,
  discardAccessToken,
  lockTokens,
  markNeedsConsent,
  readTokens,
  releaseRefresh,
  type TokenKey,
  type TokenLease,
  writeTokens,
} from './token.repository.js';

/** Tries, a second apart, to write down what a provider gave. */
const TRIES = 5;

/**
 * The tokens in the database, and the right to ask a provider for others. That right is a moment
 * in the row and not a lock, since the embedded database has a single connection, which nobody may
 * keep while a provider thinks. So what comes of a request is compared with the row once more.
 */
@Injectable()
export class TokenStore {
  readonly #logger = new Logger('OAuth2');

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
  ) {}

  read(key: TokenKey): Promise<TokenState | undefined> {
    return readTokens(this.db, this.vault, key);
  }

  /** @returns undefined while somebody else has the right to ask */
  claim(key: TokenKey): Promise<{ lease: TokenLease; state: TokenState } | undefined> {
    return claimRefresh(this.db, this.vault, key);
  }

  /** @param pause what is held still works: let nobody ask again for a while */
  release(key: TokenKey, lease: TokenLease, { pause }: { pause: boolean }): Promise<void> {
    return releaseRefresh(this.db, key, lease, pause);
  }

  /** Nobody takes the access token for good any more. */
  discard(key: TokenKey): Promise<void> {
    return discardAccessToken(this.db, key);
  }

  /**
   * Writes down what was granted; until then nobody may use it (RFC 9700 section 4.14): where the
   * provider replaces refresh tokens, the one before is dead already.
   *
   * @param asked as it was when the provider was asked
   * @param refused the access token that a server refused and this one was got for
   * @returns the access token to use
   */
  async keep(
    key: TokenKey,
    asked: TokenState,
    granted: GrantedTokens,
    refused: string | undefined,
  ): Promise<string> {
    for (let left = TRIES - 1; ; left -= 1)
      try {
        return await this.#keepOnce(key, asked, granted, refused);
      } catch (error) {
        if (left === 0) throw error;
        this.#logger.warn({ err: error }, 'A new token can not be written down; trying again');
        await sleep(1_000);
      }
  }

  #keepOnce(
    key: TokenKey,
    asked: TokenState,
    { accessToken, refreshToken = asked.held.refreshToken, expiresIn }: GrantedTokens,
    refused: string | undefined,
  ): Promise<string> {
    return this.db.transaction().execute(async (tx) => {
      await lockTokens(tx, key);
      const now = await readTokens(tx, this.vault, key);
      // The account is gone, or what was granted to it is not wanted any more.
      if (!now) return accessToken;
      // Consent came meanwhile, and is newer than what was got without it.
      if (now.held.refreshToken !== asked.held.refreshToken)
        return now.held.accessToken ?? accessToken;
      const held = { accessToken, refreshToken, refused };
      await writeTokens(tx, this.vault, key, held, usableFor(expiresIn));
      return accessToken;
    });
  }

  /**
   * Takes down that nothing can be got any more until somebody consents.
   *
   * @returns whether that is news; not where consent came meanwhile
   */
  needConsent(key: TokenKey, asked: TokenState, sentence: string): Promise<boolean> {
    return this.db.transaction().execute(async (tx) => {
      await lockTokens(tx, key);
      const now = await readTokens(tx, this.vault, key);
      if (now?.held.refreshToken !== asked.held.refreshToken) return false;
      return await markNeedsConsent(tx, key, sentence);
    });
  }

  /** Seals with the current key what the one before has sealed. @returns how many accounts' tokens */
  reseal(): Promise<number> {
    return resealTokens(this.db, (sealed, accountId) =>
      this.vault.reseal('oauth2', sealed, accountId),
    );
  }
}
