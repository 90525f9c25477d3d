import { type Db, sql } from '#database';
import { OUTBOX_CHANNEL } from './enqueue.query.js';
import { leaveSending } from './leave-sending.query.js';

/** Hands back what `owner` holds and has not begun, to whoever is first; the try does not count. */
export async function release(db: Db, owner: string, ids: string[]): Promise<void> {
  await sql`
    with released as (
      update outbox set attempts = attempts - 1, suspicion = greatest(suspicion, 0),
        ${leaveSending(sql`'queued'`, sql`now()`)}
      where status = 'sending' and lease_owner = ${owner} and id = any(${ids}::uuid[])
      returning id
    )
    select pg_notify(${OUTBOX_CHANNEL}, '') from released limit 1
  `.execute(db);
}
