import { type Db, sql } from '#database';
import { leaveSending } from './leave-sending.query.js';

/** What became of the mails of workers that died. */
export interface Reclaimed {
  /** How many are in the queue again. */
  queued: number;
  /** Those that are kept from doing it again. */
  held: { id: string; kind: string }[];
}

const CULPRIT =
  'The worker died twice while sending this mail. It is held, so that it can do no more harm: ' +
  'see in the log what ended the worker, then retry this mail or cancel it';

/**
 * Takes back mails whose worker died: it was declared dead, or, with `all`, nobody else can be alive
 * who holds one. A lease that ran out is no proof of that: what a worker forgot it takes back itself,
 * and only where its worker is not known at all others do. What it still has in hand it has not
 * forgotten: a server may be slow, and the clock of the database be set. Whether the server had the
 * mail is not known, so the timeline says so; it goes out again with the same Message-ID.
 *
 * One of these mails may be what ended the worker, and would end the next one. Most have only been
 * beside it, and a machine that loses its power suspects nobody. So `suspicion` grows by steps, and
 * any verdict takes it back to 0:
 *
 * - 1: it was one of many. From then on it is tried alone; see `claim`.
 * - 2: it was the only one that could have done it.
 * - 3: it was so twice in a row, and is held.
 *
 * Counted are deaths, not starts: a worker that is asked to end excuses what it has in hand (-1).
 * Held and not failed, because it says that a person has to look and that nothing was refused.
 *
 * @param owner who takes them back
 * @param inHand ids of what it has in hand
 */
export async function reclaim(
  db: Db,
  which: 'lease-over' | 'all',
  owner: string | undefined,
  inHand: readonly string[],
): Promise<Reclaimed> {
  const isOrphaned = sql`(
    lease_owner in (select id from delivery_workers where ended_at is not null)
    or lease_until < now() and id <> all(${inHand}::uuid[]) and not exists (
      select from delivery_workers as other
      where other.id = lease_owner and ended_at is null and id is distinct from ${owner ?? null}))`;
  const { rows } = await sql<{ id: string; kind: string; status: string }>`
    with orphaned as (
      select id, lease_owner, suspicion from outbox
      where status = 'sending' ${which === 'all' ? sql`` : sql`and ${isOrphaned}`}
      for update skip locked
    ),
    crowds as (
      select lease_owner, count(*) as mails from outbox
      where status = 'sending' and lease_owner in (select lease_owner from orphaned)
      group by lease_owner
    ),
    judged as (
      select id, case
        when suspicion < 0 then 0
        when suspicion > 0 or crowds.mails = 1 then greatest(suspicion, 1) + 1
        else 1 end as suspicion
      from orphaned left join crowds using (lease_owner)
    ),
    reclaimed as (
      update outbox set suspicion = judged.suspicion,
        ${leaveSending(sql`case when judged.suspicion > 2 then 'held' else 'queued' end`, sql`now()`)},
        last_error = case when variables is not null and judged.suspicion > 2 then ${CULPRIT}
          else last_error end
      from judged where outbox.id = judged.id
      returning outbox.id, kind, status
    ),
    noted as (
      insert into outbox_attempts (outbox_id, stage, outcome, reply, duration_ms)
      select id, 'worker', 'unknown',
        'The worker ended before it learnt what became of this mail', 0 from reclaimed
    )
    select id, kind, status from reclaimed
  `.execute(db);
  const held = rows.filter(({ status }) => status === 'held');
  return {
    queued: rows.length - held.length,
    held: held.map(({ id, kind }) => ({ id, kind })),
  };
}
