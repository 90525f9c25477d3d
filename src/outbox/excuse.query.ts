import { type Db, sql } from '#database';

/** Whatever becomes of `owner` from now on, it is not for what it has in hand; see `reclaim`. */
export async function excuse(db: Db, owner: string): Promise<void> {
  await sql`
    update outbox set suspicion = -1 where status = 'sending' and lease_owner = ${owner}
  `.execute(db);
}
