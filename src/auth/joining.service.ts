import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { Problem } from '#http';
import { InvitationAcceptance } from '#user';
import { NewPassword } from './new-password.service.js';
import type { Session } from './session.schemas.js';
import { SessionService } from './session.service.js';

/** What a link invites to, for the page behind it. */
export interface OpenInvitation {
  readonly email: string;
  readonly role: 'admin' | 'member';
  readonly name: string | undefined;
}

/** From an invitation to an account. */
@Injectable()
export class JoiningService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly invitations: InvitationAcceptance,
    private readonly newPassword: NewPassword,
    private readonly sessions: SessionService,
  ) {}

  /** Spends nothing. @returns undefined where it could not be accepted now */
  async find(token: string): Promise<OpenInvitation | undefined> {
    const invitation = await this.invitations.peek(token);
    if (!invitation) return undefined;
    const { email, role, name } = invitation;
    return { email, role, name: name ?? undefined };
  }

  /**
   * @throws {Problem} `invalid-token`; `already-a-user`, `validation-failed` and `busy`, after
   *   which the link is still good
   */
  async accept(token: string, password: string, name?: string): Promise<Session> {
    const invitation = await this.find(token);
    if (!invitation)
      throw new Problem('invalid-token', 'Ask whoever invited you to send the invitation again.');
    const passwordHash = await this.newPassword.accept(password, invitation.email);
    return this.db.transaction().execute(async (tx) => {
      const user = await this.invitations.accept(tx, token, { name, passwordHash });
      return this.sessions.start(tx, user);
    });
  }
}
