import { type Db, sql } from '#database';

/** Milliseconds until the next mail is due on the database's clock; undefined: none waits. */
export async function nextDueInMs(db: Db): Promise<number | undefined> {
  const { rows } = await sql<{ ms: number | null }>`
    select (extract(epoch from min(first) - now()) * 1000)::float8 as ms
    from (values (0), (1), (2)) as class (priority)
    cross join lateral (
      select next_attempt_at as first from outbox
      where status = 'queued' and priority = class.priority
      order by next_attempt_at limit 1
    ) as waiting
  `.execute(db);
  return rows[0]?.ms ?? undefined;
}
