import { type Db, sql } from '#database';

/** Dead versions of rows that a claim may have to step over; a tenth of a second's work to remove. */
const MOST_DEAD = 20_000;

/**
 * Does for the embedded database what PostgreSQL's autovacuum does for its own: without it the
 * fronts of the indexes fill with what has gone, and the file grows for ever.
 */
export async function vacuum(db: Db): Promise<void> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_stat_user_tables
    where relname in ('outbox', 'outbox_attempts') and n_dead_tup > ${MOST_DEAD}
      or relname = 'outbox_counts' and n_dead_tup > 0
  `.execute(db);
  for (const { name } of rows) await sql`vacuum ${sql.table(name)}`.execute(db);
}
