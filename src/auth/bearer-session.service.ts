import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { type AuthenticatedRequest, type Principal, SessionCheck } from '#http';
import { AccessTokens } from './access-token.service.js';
import { SessionRepository } from './session.repository.js';

/** Finds the session named by `Authorization: Bearer …` (RFC 6750), in one query a request. */
@Injectable()
export class BearerSession extends SessionCheck {
  readonly #found = new WeakMap<AuthenticatedRequest, Promise<Principal | undefined>>();

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly sessions: SessionRepository,
    private readonly accessTokens: AccessTokens,
  ) {
    super();
  }

  principalOf(request: AuthenticatedRequest): Promise<Principal | undefined> {
    let found = this.#found.get(request);
    if (!found) {
      found = this.#find(request.headers.authorization);
      this.#found.set(request, found);
    }
    return found;
  }

  async #find(authorization: string | undefined): Promise<Principal | undefined> {
    const token = /^Bearer ([\w.~+/-]+=*)$/i.exec(authorization ?? '')?.[1];
    const claims = token === undefined ? undefined : await this.accessTokens.read(token);
    return claims && this.sessions.principal(this.db, claims);
  }
}
