import { type Db, sql } from '#database';
import { type MailStatus, waitingStatuses } from './mail-state.js';

export interface QueueSize {
  /** Mails that have not ended, by status. */
  waiting: Partial<Record<MailStatus, number>>;
  /** Age of the oldest of them in seconds; 0 when there is none. */
  oldestSeconds: number;
}

/** How much waits. No mail is counted for it: counts are kept, and an index has the oldest. */
export async function queueSize(db: Db): Promise<QueueSize> {
  const { rows } = await sql<{ status: MailStatus; count: number; oldest: number | null }>`
    select waiting.status, counted.mails as count,
      extract(epoch from now() - first.created_at)::float8 as oldest
    from unnest(${waitingStatuses}::text[]) as waiting (status)
    join (
      select status, sum(mails)::int as mails from outbox_counts group by status
    ) as counted on counted.status = waiting.status and counted.mails > 0
    left join lateral (
      select created_at from outbox where outbox.status = waiting.status
      order by created_at, id limit 1
    ) as first on true
  `.execute(db);
  return {
    waiting: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    oldestSeconds: Math.max(0, ...rows.map(({ oldest }) => oldest ?? 0)),
  };
}
