import { type Db, type RawBuilder, sql } from '#database';
import { mailStatuses } from './mail-state.js';

/** Mails that are due in a database in which nothing has happened for a while. */
export interface Standstill {
  due: number;
  /** When something last happened to a mail. */
  since: Date;
}

/**
 * Has the outbox stood still for so many minutes while mails are due? That is so after a server was
 * down for long, and after its database was restored from a backup.
 */
export async function standstill(db: Db, minutes: number): Promise<Standstill | undefined> {
  const { rows } = await lastAndDue(minutes).execute(db);
  const [row] = rows;
  return row?.since && row.due ? { due: row.due, since: row.since } : undefined;
}

/** Null where something has happened since: a long queue is read only where it stands still. */
export const lastAndDue = (
  minutes: number,
): RawBuilder<{ since: Date | null; due: number | null }> => sql`
  with last as materialized (
    select greatest(
      (select at from outbox_attempts order by id desc limit 1),
      (select max(newest.created_at) from unnest(${mailStatuses}::text[]) as of (status)
        cross join lateral (
          select created_at from outbox where outbox.status = of.status
          order by created_at desc limit 1
        ) as newest)
    ) as at
  )
  select last.at as since,
    case when last.at < now() - make_interval(mins => ${minutes}) then (
      select count(*)::int from outbox
      where status in ('queued', 'sending') and expires_at > now()
        and (next_attempt_at is null or next_attempt_at <= now())
    ) end as due
  from last`;
