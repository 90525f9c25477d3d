import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type Tx } from '#database';
import { decodeCursor, type Page, pageOf, Problem } from '#http';
import { MailService, type QueuedMail } from '#mail';
import { OneTimeTokens } from '#one-time-token';
import { lockAddress } from './address-lock.query.js';
import { InvitationRepository, type InvitationRow } from './invitation.repository.js';
import type { Invitation, NewInvitation } from './invitation.schemas.js';
import { UserRepository } from './user.repository.js';

/** Invitations from the side of those who make them; see `InvitationAcceptance` for the other. */
@Injectable()
export class InvitationService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly invitations: InvitationRepository,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
  ) {}

  /**
   * Invites an address. One that is invited already gets a new mail with what is said now, and
   * the link before it dies.
   *
   * @param invitedBy user id; undefined for a command of the operator
   * @throws {Problem} `already-a-user`
   */
  invite(invitation: NewInvitation, invitedBy?: string): Promise<Invitation> {
    return this.db.transaction().execute((tx) => this.inviteIn(tx, invitation, invitedBy));
  }

  /** The same inside a transaction of the caller. */
  async inviteIn(
    tx: Tx,
    { email, role, name, locale = 'en' }: NewInvitation,
    invitedBy?: string,
  ): Promise<Invitation> {
    await lockAddress(tx, email);
    const user = await this.users.findByEmail(tx, email);
    if (user && user.status !== 'unverified') alreadyAUser(user.status);
    const row = await this.invitations.putPending(tx, {
      email,
      role,
      name: name ?? null,
      locale,
      invited_by: invitedBy ?? null,
    });
    return this.#send(tx, row);
  }

  /**
   * Sends a new link, good for another seven days, and kills the one before. Who resends it
   * answers for it from now on.
   *
   * @throws {Problem} `not-found`, `invitation-not-pending`, `already-a-user`
   */
  resend(id: string, invitedBy?: string): Promise<Invitation> {
    return this.db.transaction().execute(async (tx) => {
      const { email } = await this.#lock(tx, id);
      const user = await this.users.findByEmail(tx, email);
      if (user && user.status !== 'unverified') alreadyAUser(user.status);
      return this.#send(
        tx,
        await this.invitations.update(tx, id, { invited_by: invitedBy ?? null }),
      );
    });
  }

  /** @throws {Problem} `not-found`, `invitation-not-pending` */
  revoke(id: string): Promise<void> {
    return this.db.transaction().execute(async (tx) => {
      const { email } = await this.#lock(tx, id);
      await this.invitations.end(tx, id, 'revoked');
      await this.tokens.revoke(tx, 'invitation', email);
      await this.mail.cancelWaiting(tx, 'invitation', email, 'The invitation was taken back');
    });
  }

  /** Newest first. */
  async list(query: { limit: number; cursor?: string | undefined }): Promise<Page<Invitation>> {
    const rows = await this.invitations.list(this.db, query.limit + 1, decodeCursor(query.cursor));
    const mailIds = rows.flatMap((row) => row.mail_id ?? []);
    const statuses = await this.mail.statuses(this.db, mailIds);
    const mailOf = ({ mail_id: id }: InvitationRow) => {
      const status = id === null ? undefined : statuses.get(id);
      return id !== null && status !== undefined ? { id, status } : undefined;
    };
    return pageOf(
      rows,
      query.limit,
      (row) => ({ at: row.created_at, id: row.id }),
      (row) => toInvitation(row, mailOf(row)),
    );
  }

  async #lock(tx: Tx, id: string): Promise<InvitationRow> {
    const found = (await this.invitations.findById(tx, id)) ?? noSuchInvitation();
    await lockAddress(tx, found.email);
    const row = (await this.invitations.findById(tx, id)) ?? noSuchInvitation();
    return row.status === 'pending' ? row : notPending(row.status);
  }

  async #send(tx: Tx, row: InvitationRow): Promise<Invitation> {
    const { id, email, role, name, locale } = row;
    const inviter = row.invited_by ? await this.users.findById(tx, row.invited_by) : undefined;
    await this.tokens.revoke(tx, 'invitation', email);
    const { secret, expiresAt } = await this.tokens.issueLink(tx, 'invitation', {
      subject: email,
      reference: id,
    });
    const mail = await this.mail.sendInvitation(tx, {
      to: email,
      locale,
      token: secret,
      expiresAt,
      role,
      name: name ?? undefined,
      invitedBy: inviter?.name ?? undefined,
    });
    const change = { expires_at: expiresAt, mail_id: mail.id };
    return toInvitation(await this.invitations.update(tx, id, change), mail);
  }
}

const toInvitation = (row: InvitationRow, mail: QueuedMail | undefined): Invitation => ({
  id: row.id,
  email: row.email,
  role: row.role,
  name: row.name,
  locale: row.locale,
  status: row.status === 'pending' && row.expired ? 'expired' : row.status,
  invitedBy: row.invited_by,
  createdAt: row.created_at.toISOString(),
  expiresAt: row.expires_at.toISOString(),
  acceptedAt: row.accepted_at?.toISOString() ?? null,
  mail: mail ? { id: mail.id, status: mail.status } : null,
});

function alreadyAUser(status: 'active' | 'disabled'): never {
  throw new Problem(
    'already-a-user',
    status === 'active'
      ? 'To change what this user may do, change the role: PATCH /admin/users/:id.'
      : 'This account is disabled. To let its owner in, set its status to active: PATCH /admin/users/:id.',
  );
}

function noSuchInvitation(): never {
  throw new Problem('not-found', 'There is no invitation with this id; GET /admin/invitations.');
}

function notPending(status: string): never {
  throw new Problem('invitation-not-pending', `It is ${status} already. Make a new one if needed.`);
}
