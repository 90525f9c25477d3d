import { Injectable } from '@nestjs/common';
import type { KeyObject } from 'node:crypto';
import { errors, jwtVerify, SignJWT } from 'jose';
import { Vault } from '#vault';

/** Seconds. */
export const ACCESS_TOKEN_LIFETIME = 15 * 60;

const ALGORITHM = 'HS256';
// Not our address: two processes on one database may be reached by different ones.
const ISSUER = 'gatepost';
const AUDIENCE = 'gatepost';
const TYPE = 'at+jwt';
const PURPOSE = 'access';

/** Before every `exp`, so that the library leaves that one claim to us. */
const BEGINNING_OF_TIME = new Date(0);

/** What an access token says once its signature is checked. */
export interface AccessClaims {
  readonly userId: string;
  readonly sessionId: string;
  /** Not compared with any clock yet. */
  readonly expiresAt: Date;
}

/**
 * Access tokens: JWTs with one pinned algorithm and everything that tells them from other tokens
 * (RFC 8725, 3.1, 3.8, 3.9, 3.11, 3.12). They say which session is meant; whether it lives, and
 * what its user may do, is the database's to say.
 */
@Injectable()
export class AccessTokens {
  constructor(private readonly vault: Vault) {}

  /** @param issuedAt by the database's clock */
  issue(claims: { userId: string; sessionId: string; issuedAt: Date }): Promise<string> {
    const issuedAt = Math.floor(claims.issuedAt.getTime() / 1000);
    return new SignJWT({ sid: claims.sessionId, purpose: PURPOSE })
      .setProtectedHeader({ alg: ALGORITHM, typ: TYPE })
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setSubject(claims.userId)
      .setIssuedAt(issuedAt)
      .setExpirationTime(issuedAt + ACCESS_TOKEN_LIFETIME)
      .sign(this.vault.accessTokenKeys()[0]);
  }

  /**
   * Checks all but the expiry, which the query for the session compares with the database's clock:
   * one clock for everything that ends.
   *
   * @returns undefined for whatever is not an access token of ours
   */
  async read(token: string): Promise<AccessClaims | undefined> {
    for (const key of this.vault.accessTokenKeys()) {
      const claims = await this.#readWith(key, token);
      if (claims) return claims;
    }
    return undefined;
  }

  async #readWith(key: KeyObject, token: string): Promise<AccessClaims | undefined> {
    try {
      const { payload } = await jwtVerify(token, key, {
        algorithms: [ALGORITHM],
        typ: TYPE,
        issuer: ISSUER,
        audience: AUDIENCE,
        requiredClaims: ['sub', 'exp', 'iat', 'sid'],
        currentDate: BEGINNING_OF_TIME,
      });
      const { sub, sid, exp, purpose } = payload;
      if (purpose !== PURPOSE || typeof sub !== 'string' || typeof sid !== 'string' || !exp)
        return undefined;
      return { userId: sub, sessionId: sid, expiresAt: new Date(exp * 1000) };
    } catch (error) {
      if (error instanceof errors.JOSEError) return undefined;
      throw error;
    }
  }
}
