import { type Db, sql } from '#database';

/** Hands back what `owner` holds and has not begun; the try does not count. */
export async function release(db: Db, owner: string, ids: string[]): Promise<void> {
  await sql`
    update outbox set status = 'queued', attempts = attempts - 1, next_attempt_at = now(),
      lease_owner = null, lease_until = null, suspicion = greatest(suspicion, 0)
    where status = 'sending' and lease_owner = ${owner} and id = any(${ids}::uuid[])
  `.execute(db);
}
