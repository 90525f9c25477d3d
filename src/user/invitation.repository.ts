import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import {
  comesAfter,
  type Db,
  type InvitationRow as StoredInvitation,
  sql,
  type Tx,
} from '#database';
import type { Position } from '#http';

/** A row of `invitations`, and whether its time is over by the database's clock. */
export type InvitationRow = StoredInvitation & { expired: boolean };

type Content = Pick<InvitationRow, 'email' | 'role' | 'name' | 'locale' | 'invited_by'>;

const expired = sql<boolean>`expires_at <= clock_timestamp()`.as('expired');

@Injectable()
export class InvitationRepository {
  /** The one pending invitation of an address; there from before, it takes on the new content. */
  putPending(tx: Tx, content: Content): Promise<InvitationRow> {
    return tx
      .insertInto('invitations')
      .values({
        id: randomUUID(),
        ...content,
        status: 'pending',
        // Set for good with the link: the two end at the same moment.
        expires_at: sql<Date>`now()`,
      })
      .onConflict((conflict) =>
        conflict.column('email').where('status', '=', 'pending').doUpdateSet({
          role: content.role,
          name: content.name,
          locale: content.locale,
          invited_by: content.invited_by,
        }),
      )
      .returningAll()
      .returning(expired)
      .executeTakeFirstOrThrow();
  }

  update(
    tx: Tx,
    id: string,
    change: Partial<Pick<InvitationRow, 'invited_by' | 'expires_at' | 'mail_id'>>,
  ): Promise<InvitationRow> {
    return tx
      .updateTable('invitations')
      .set(change)
      .where('id', '=', id)
      .returningAll()
      .returning(expired)
      .executeTakeFirstOrThrow();
  }

  /** @returns false where it was not pending any more */
  async end(tx: Tx, id: string, status: 'accepted' | 'revoked'): Promise<boolean> {
    const { numUpdatedRows } = await tx
      .updateTable('invitations')
      .set({ status, accepted_at: status === 'accepted' ? sql<Date>`now()` : null })
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .executeTakeFirstOrThrow();
    return numUpdatedRows === 1n;
  }

  findById(db: Db | Tx, id: string): Promise<InvitationRow | undefined> {
    return db
      .selectFrom('invitations')
      .selectAll()
      .select(expired)
      .where('id', '=', id)
      .executeTakeFirst();
  }

  /**
   * What may be accepted at this moment. Who invites as an admin must still be one: the role would
   * otherwise outlive the power to give it. (Users are disabled, never deleted, so that an empty
   * `invited_by` always means the system itself.)
   */
  findAcceptable(db: Db | Tx, id: string): Promise<InvitationRow | undefined> {
    return db
      .selectFrom('invitations')
      .selectAll()
      .select(expired)
      .where('id', '=', id)
      .where('status', '=', 'pending')
      .where(sql<boolean>`expires_at > clock_timestamp()`)
      .where(
        sql<boolean>`(role = 'member' or invited_by is null or exists (
          select from users as inviter where inviter.id = invitations.invited_by
            and inviter.role = 'admin' and inviter.status = 'active'))`,
      )
      .executeTakeFirst();
  }

  /** Whether an admin has been invited who can still accept. */
  async hasOpenForAdmin(tx: Tx): Promise<boolean> {
    const row = await tx
      .selectFrom('invitations')
      .select('id')
      .where('role', '=', 'admin')
      .where('status', '=', 'pending')
      .where(sql<boolean>`expires_at > clock_timestamp()`)
      .executeTakeFirst();
    return row !== undefined;
  }

  /** Newest first. */
  list(db: Db, limit: number, after: Position | undefined): Promise<InvitationRow[]> {
    return db
      .selectFrom('invitations')
      .selectAll()
      .select(expired)
      .where(comesAfter(after))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }
}
