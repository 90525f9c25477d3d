import { sql, type Tx } from '#database';

/** What the provider of an account takes, at most; undefined: no limit. */
export interface Rate {
  perMinute: number | undefined;
  perDay: number | undefined;
}

/**
 * How many mails may be begun now, over all workers: what was accepted in the last minute and day
 * and what is being sent count. Whoever asks has the answer to himself until his transaction ends,
 * so that two workers don't both use what is left.
 */
export async function sendableNow(tx: Tx, { perMinute, perDay }: Rate): Promise<number> {
  await sql`select pg_advisory_xact_lock(hashtextextended('gatepost rate', 0))`.execute(tx);
  const { rows } = await sql<{ sending: number; minute: number; day: number }>`
    select
      (select count(*)::int from outbox where status = 'sending') as sending,
      (select count(*)::int from outbox where sent_at > now() - interval '1 minute') as minute,
      (select count(*)::int from outbox where sent_at > now() - interval '1 day') as day
  `.execute(tx);
  const [used] = rows;
  if (!used) throw new Error('A count has one row');
  const left = (limit: number | undefined, sent: number) =>
    limit === undefined ? Infinity : limit - sent - used.sending;
  return Math.max(0, Math.min(left(perMinute, used.minute), left(perDay, used.day)));
}
