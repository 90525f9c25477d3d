import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type Tx, type UserRow } from '#database';
import { Problem } from '#http';
import { OneTimeTokens } from '#one-time-token';
import { lockAddress } from './address-lock.query.js';
import { InvitationRepository, type InvitationRow } from './invitation.repository.js';
import { endSessions } from './session-end.query.js';
import { UserRepository } from './user.repository.js';

/** Invitations from the side of the invited. */
@Injectable()
export class InvitationAcceptance {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly invitations: InvitationRepository,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
  ) {}

  /** What a link invites to, if it could be accepted now. Spends nothing. */
  async peek(token: string): Promise<InvitationRow | undefined> {
    const grant = await this.tokens.peekLink(this.db, 'invitation', token);
    return grant && (await this.invitations.findAcceptable(this.db, grant.reference));
  }

  /**
   * Makes the invited address an active user with the role of the invitation. An account that
   * somebody registered under this address without proving it is taken over: its password was
   * chosen by whoever that was, and is gone.
   *
   * @throws {Problem} `invalid-token`; `already-a-user` where the address was verified meanwhile,
   *   which spends nothing
   */
  async accept(
    tx: Tx,
    token: string,
    chosen: { name: string | undefined; passwordHash: string },
  ): Promise<UserRow> {
    const grant = (await this.tokens.peekLink(tx, 'invitation', token)) ?? invalidToken();
    await lockAddress(tx, grant.subject);
    const invitation = await this.invitations.findAcceptable(tx, grant.reference);
    if (!invitation || !(await this.tokens.spend(tx, grant))) return invalidToken();
    await this.invitations.end(tx, invitation.id, 'accepted');
    await this.tokens.revoke(tx, 'verification-code', invitation.email);
    return this.#putUser(tx, invitation, chosen);
  }

  async #putUser(
    tx: Tx,
    { email, role, name, locale }: InvitationRow,
    chosen: { name: string | undefined; passwordHash: string },
  ): Promise<UserRow> {
    const content = {
      name: chosen.name ?? name,
      locale,
      role,
      status: 'active',
      password_hash: chosen.passwordHash,
    } as const;
    const user = await this.users.findByEmail(tx, email);
    if (!user) return this.users.insert(tx, { email, ...content });
    if (user.status === 'active')
      throw new Problem('already-a-user', 'Sign in; an admin can give you another role.');
    if (user.status === 'disabled') return invalidToken();
    await endSessions(tx, user.id);
    return this.users.update(tx, user.id, content);
  }
}

function invalidToken(): never {
  throw new Problem('invalid-token', 'Ask whoever invited you to send the invitation again.');
}
