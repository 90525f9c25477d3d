import { type Db, sql } from '#database';

/** Mails of one statement. */
export const THAW_STEP = 1_000;

/** Minutes. No try is planned further ahead than an hour; a clock may be corrected by the rest. */
const FURTHEST = 70;

/**
 * Makes due what waits for a moment that the clock of the database has not planned: it was set
 * back since, and would hold the mail up for as long.
 *
 * @returns how many, at most {@link THAW_STEP}
 */
export async function thaw(db: Db): Promise<number> {
  const { numAffectedRows } = await thawing.execute(db);
  return Number(numAffectedRows);
}

/** Reads the ends of the index `outbox_due`, which are empty while all is well. */
export const thawing = sql`
  update outbox set next_attempt_at = now()
  where id in (
    select frozen.id from unnest(array[0, 1, 2]) as class (priority)
    cross join lateral (
      select id from outbox
      where status = 'queued' and priority = class.priority
        and next_attempt_at > now() + make_interval(mins => ${FURTHEST})
      order by next_attempt_at limit ${THAW_STEP} for update skip locked
    ) as frozen
    limit ${THAW_STEP}
  )`;
