import { randomBytes } from 'node:crypto';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { DATABASE, type Db, type Tx, type UserRow } from '#database';
import { Problem } from '#http';
import { toUser, UserRepository } from '#user';
import { Vault } from '#vault';
import { ACCESS_TOKEN_LIFETIME, AccessTokens } from './access-token.service.js';
import { type RenewedSession, SessionRepository } from './session.repository.js';
import type { Session } from './session.schemas.js';

const REFRESH_TOKEN_BYTES = 32;

@Injectable()
export class SessionService {
  readonly #logger = new Logger('Sessions');

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly sessions: SessionRepository,
    private readonly users: UserRepository,
    private readonly accessTokens: AccessTokens,
    private readonly vault: Vault,
  ) {}

  /** Opens a session, always a new one: no id from before the sign-in is taken over. */
  async start(tx: Tx, user: UserRow): Promise<Session> {
    return this.#hand(tx, await this.sessions.open(tx, user.id), user);
  }

  /**
   * Trades a refresh token for a new pair. A spent one in somebody's hands means that there are
   * two who have it, and nobody knows which is the owner: the whole session ends (RFC 9700,
   * 4.14.2). Of twenty refreshes at once one wins, and then all of them are out.
   *
   * @throws {Problem} `invalid-refresh-token`
   */
  async refresh(refreshToken: string): Promise<Session> {
    const digests = this.#digests(refreshToken);
    const session = await this.db.transaction().execute(async (tx) => {
      const sessionId = await this.sessions.spendRefreshToken(tx, digests);
      const renewed = sessionId && (await this.sessions.renew(tx, sessionId));
      const user = renewed && (await this.users.findById(tx, renewed.userId));
      return user && this.#hand(tx, renewed, user);
    });
    if (session) return session;
    const ended = await this.sessions.endByRefreshToken(this.db, digests);
    if (ended)
      this.#logger.warn({ sessionId: ended }, 'A spent refresh token came back: its session ends');
    throw new Problem('invalid-refresh-token', 'Sign in again.');
  }

  /** Ends the session of this token; an unknown one has none, which is just as well. */
  async end(refreshToken: string): Promise<void> {
    await this.sessions.endByRefreshToken(this.db, this.#digests(refreshToken));
  }

  async #hand(tx: Tx, { sessionId, userId, at }: RenewedSession, user: UserRow): Promise<Session> {
    const refreshToken = randomBytes(REFRESH_TOKEN_BYTES).toString('base64url');
    const digest = this.vault.hmac('refresh-token', refreshToken);
    await this.sessions.addRefreshToken(tx, sessionId, digest);
    return {
      accessToken: await this.accessTokens.issue({ userId, sessionId, issuedAt: at }),
      refreshToken,
      tokenType: 'Bearer',
      expiresIn: ACCESS_TOKEN_LIFETIME,
      user: toUser(user),
    };
  }

  #digests(refreshToken: string): Buffer[] {
    return this.vault.hmacs('refresh-token', refreshToken);
  }
}
