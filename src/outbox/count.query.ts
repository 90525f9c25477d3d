import { type Db, sql } from '#database';
import type { MailStatus } from './mail-state.js';

export interface QueueSize {
  /** Mails that have not ended, by status. */
  waiting: Partial<Record<MailStatus, number>>;
  /** Age of the oldest of them in seconds; 0 when there is none. */
  oldestSeconds: number;
}

/** How much waits. Only the unfinished rows are counted, not the whole history. */
export async function queueSize(db: Db): Promise<QueueSize> {
  const { rows } = await sql<{ status: MailStatus; count: number; oldest: number }>`
    select status, count(*)::int as count,
      extract(epoch from now() - min(created_at))::float8 as oldest
    from outbox where ended_at is null group by status
  `.execute(db);
  return {
    waiting: Object.fromEntries(rows.map(({ status, count }) => [status, count])),
    oldestSeconds: Math.max(0, ...rows.map(({ oldest }) => oldest)),
  };
}
