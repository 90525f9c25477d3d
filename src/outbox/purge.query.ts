import { type Db, sql } from '#database';
import { endedStatuses } from './mail-state.js';

/** Mails of one statement: a few milliseconds, in which nobody waits for anything but a page. */
export const PURGE_STEP = 500;

/**
 * Deletes mails that ended longer than `days` ago, with their timelines; at most
 * {@link PURGE_STEP}, the oldest first. A failed one stays while it has its code or link, for it can
 * still be tried again. Those that another process is deleting are left to it.
 *
 * @returns how many
 */
export async function purge(db: Db, days: number): Promise<number> {
  const { rows } = await sql<{ purged: number }>`
    with over as (
      select mail.id from unnest(${endedStatuses}::text[]) as ended (status)
      cross join lateral (
        select id from outbox
        where outbox.status = ended.status
          -- Nothing ends before it begins, and this is what the index has.
          and created_at < now() - make_interval(days => ${days})
          and ended_at < now() - make_interval(days => ${days})
          and variables is null
        order by created_at, id limit ${PURGE_STEP} for update skip locked
      ) as mail
      limit ${PURGE_STEP}
    ),
    purged as (
      delete from outbox using over where outbox.id = over.id returning outbox.id
    ),
    lines as (
      delete from outbox_attempts using purged where outbox_id = purged.id
    )
    select count(*)::int as purged from purged
  `.execute(db);
  return rows[0]?.purged ?? 0;
}
