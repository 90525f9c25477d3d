import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { comesAfter, type Db, sql, type Tx, type UserRow } from '#database';
import type { Position } from '#http';
import type { User } from './user.schemas.js';

export type NewUser = Pick<
  UserRow,
  'email' | 'name' | 'locale' | 'role' | 'status' | 'password_hash'
>;

export type UserChange = Partial<Omit<NewUser, 'email'>>;

@Injectable()
export class UserRepository {
  findByEmail(db: Db | Tx, email: string): Promise<UserRow | undefined> {
    return db.selectFrom('users').selectAll().where('email', '=', email).executeTakeFirst();
  }

  findById(db: Db | Tx, id: string): Promise<UserRow | undefined> {
    return db.selectFrom('users').selectAll().where('id', '=', id).executeTakeFirst();
  }

  /** Reads a row that nobody else changes until the transaction ends. */
  lockById(tx: Tx, id: string): Promise<UserRow | undefined> {
    return tx.selectFrom('users').selectAll().where('id', '=', id).forUpdate().executeTakeFirst();
  }

  /** Newest first. */
  list(db: Db, limit: number, after: Position | undefined): Promise<UserRow[]> {
    return db
      .selectFrom('users')
      .selectAll()
      .where(comesAfter(after))
      .orderBy('created_at', 'desc')
      .orderBy('id', 'desc')
      .limit(limit)
      .execute();
  }

  insert(tx: Tx, user: NewUser): Promise<UserRow> {
    return tx
      .insertInto('users')
      .values({ id: randomUUID(), ...user })
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  update(tx: Tx, id: string, change: UserChange): Promise<UserRow> {
    return tx
      .updateTable('users')
      .set({ ...change, updated_at: sql<Date>`now()` })
      .where('id', '=', id)
      .returningAll()
      .executeTakeFirstOrThrow();
  }

  /**
   * The ids of all admins who can sign in, locked in one order: of two requests that each take
   * away one of the last two admins, the second sees what the first has done.
   */
  async lockActiveAdmins(tx: Tx): Promise<string[]> {
    const rows = await tx
      .selectFrom('users')
      .select('id')
      .where('role', '=', 'admin')
      .where('status', '=', 'active')
      .orderBy('id')
      .forUpdate()
      .execute();
    return rows.map(({ id }) => id);
  }

  /** Registrations that nobody has verified for a month; the address is free again. */
  async removeStale(db: Db): Promise<void> {
    await sql`delete from users
      where status = 'unverified' and updated_at < now() - interval '30 days'`.execute(db);
  }
}

export const toUser = (row: UserRow): User => ({
  id: row.id,
  email: row.email,
  name: row.name,
  locale: row.locale,
  role: row.role,
  status: row.status,
  createdAt: row.created_at.toISOString(),
});
