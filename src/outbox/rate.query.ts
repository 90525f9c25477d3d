import { sql, type Tx } from '#database';

/** What an account sends, at most, over all workers; undefined: no limit. */
export interface AccountQuota {
  /** Its name. */
  account: string;
  perMinute: number | undefined;
  perDay: number | undefined;
}

/**
 * How many mails may be begun by an account now, over all workers: what it had accepted in the
 * last minute and day and what it is sending count. Whoever asks has the answer to himself until
 * his transaction ends, so that two workers don't both use what is left.
 */
export async function sendableNow(
  tx: Tx,
  { account, perMinute, perDay }: AccountQuota,
): Promise<number> {
  const lock = `gatepost rate ${account}`;
  await sql`select pg_advisory_xact_lock(hashtextextended(${lock}, 0))`.execute(tx);
  const { rows } = await sql<{ sending: number; minute: number; day: number }>`
    select
      (select count(*)::int from outbox
        where status = 'sending' and account = ${account}) as sending,
      (select count(*)::int from outbox
        where account = ${account} and sent_at > now() - interval '1 minute') as minute,
      -- Of a day only the minutes are kept, and the one that has half passed counts.
      (select coalesce(sum(mails), 0)::int from outbox_counts
        where status = 'sent' and account = ${account}
          and minute > now() - interval '1 day 1 minute') as day
  `.execute(tx);
  const [used] = rows;
  if (!used) throw new Error('A count has one row');
  const left = (limit: number | undefined, sent: number) =>
    limit === undefined ? Infinity : limit - sent - used.sending;
  return Math.max(0, Math.min(left(perMinute, used.minute), left(perDay, used.day)));
}
