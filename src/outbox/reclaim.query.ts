import { type Db, sql } from '#database';

/**
 * Takes back mails whose worker died: their lease ran out, or, with `all`, nobody else can be alive
 * who holds one. Whether the server had the mail is not known, so the timeline says so; it goes out
 * again with the same Message-ID.
 */
export async function reclaim(db: Db, which: 'lease-over' | 'all'): Promise<number> {
  const { rows } = await sql`
    with reclaimed as (
      update outbox set status = 'queued', next_attempt_at = now(),
        lease_owner = null, lease_until = null
      where status = 'sending' ${which === 'all' ? sql`` : sql`and lease_until < now()`}
      returning id
    )
    insert into outbox_attempts (outbox_id, stage, outcome, reply, duration_ms)
    select id, 'worker', 'unknown', 'The worker ended before it learnt what became of this mail', 0
    from reclaimed returning outbox_id
  `.execute(db);
  return rows.length;
}
