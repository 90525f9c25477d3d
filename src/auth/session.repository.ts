import { randomUUID } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { type Db, sql, type Tx } from '#database';
import type { Principal } from '#http';

/** A session, and the moment of the database's clock at which it was opened or renewed. */
export interface RenewedSession {
  readonly sessionId: string;
  readonly userId: string;
  readonly at: Date;
}

const DAYS = 30;
const expiry = sql<Date>`now() + make_interval(days => ${DAYS})`;

/** Sessions and their refresh tokens, of which the database has the HMACs. */
@Injectable()
export class SessionRepository {
  async open(tx: Tx, userId: string): Promise<RenewedSession> {
    const { id, created_at: at } = await tx
      .insertInto('sessions')
      .values({ id: randomUUID(), user_id: userId, expires_at: expiry })
      .returning(['id', 'created_at'])
      .executeTakeFirstOrThrow();
    return { sessionId: id, userId, at };
  }

  async addRefreshToken(tx: Tx, sessionId: string, digest: Buffer): Promise<void> {
    await tx.insertInto('refresh_tokens').values({ digest, session_id: sessionId }).execute();
  }

  /** @returns the id of its session; undefined where it is unknown or spent already */
  async spendRefreshToken(tx: Tx, digests: Buffer[]): Promise<string | undefined> {
    const row = await tx
      .updateTable('refresh_tokens')
      .set({ spent_at: sql<Date>`now()` })
      .where('digest', 'in', digests)
      .where('spent_at', 'is', null)
      .returning('session_id')
      .executeTakeFirst();
    return row?.session_id;
  }

  /** Good for another thirty days. @returns undefined where it or its user has ended */
  async renew(tx: Tx, sessionId: string): Promise<RenewedSession | undefined> {
    const { rows } = await sql<RenewedSession>`
      update sessions set expires_at = ${expiry}
      from users
      where sessions.id = ${sessionId} and ended_at is null
        and expires_at > clock_timestamp()
        and users.id = user_id and users.status = 'active'
      returning sessions.id as "sessionId", user_id as "userId", now() as at`.execute(tx);
    return rows[0];
  }

  /** Ends the session of a refresh token, spent or not. @returns its id if it was alive */
  async endByRefreshToken(db: Db | Tx, digests: Buffer[]): Promise<string | undefined> {
    const { rows } = await sql<{ id: string }>`
      update sessions set ended_at = now()
      from refresh_tokens
      where digest = any(${digests}) and sessions.id = session_id and ended_at is null
      returning sessions.id`.execute(db);
    return rows[0]?.id;
  }

  /** Who this is now: the role is read here and not from the token, which may be older. */
  async principal(
    db: Db,
    claims: { sessionId: string; userId: string; expiresAt: Date },
  ): Promise<Principal | undefined> {
    const { rows } = await sql<Principal>`
      select users.id as "userId", sessions.id as "sessionId", role
      from sessions join users on users.id = user_id
      where sessions.id = ${claims.sessionId} and users.id = ${claims.userId}
        and ended_at is null and expires_at > clock_timestamp()
        and ${claims.expiresAt}::timestamptz > clock_timestamp()
        and status = 'active'`.execute(db);
    return rows[0];
  }

  /** Removes sessions that are long over, and spent tokens past the life of any session. */
  async purge(db: Db): Promise<void> {
    await sql`delete from sessions
      where coalesce(ended_at, expires_at) < now() - interval '7 days'`.execute(db);
    await sql`delete from refresh_tokens
      where spent_at < now() - make_interval(days => ${DAYS})`.execute(db);
  }
}
