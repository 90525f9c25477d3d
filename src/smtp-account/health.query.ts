import { type Db, sql } from '#database';

/** What is written down about an account; nulls where nothing is. */
export interface HealthNote {
  id: string;
  lastSuccessAt: Date | null;
  lastFailureAt: Date | null;
  lastFailure: string | null;
  sentLastMinute: number;
  sentLastDay: number;
}

/** @param accounts mails are counted by the name of their account */
export async function readHealth(
  db: Db,
  accounts: readonly { readonly id: string; readonly name: string }[],
): Promise<HealthNote[]> {
  const { rows } = await sql<HealthNote>`
    select account.id,
      health.last_success_at as "lastSuccessAt",
      health.last_failure_at as "lastFailureAt",
      health.last_failure as "lastFailure",
      (select count(*)::int from outbox where outbox.account = account.name
        and sent_at > now() - interval '1 minute') as "sentLastMinute",
      -- Of a day only the minutes are kept: it can be a million mails.
      (select coalesce(sum(mails), 0)::int from outbox_counts as counts
        where status = 'sent' and counts.account = account.name
          and minute > now() - interval '1 day 1 minute') as "sentLastDay"
    from unnest(${accounts.map(({ id }) => id)}::text[], ${accounts.map(({ name }) => name)}::text[])
      as account (id, name)
    -- Whatever its settings were.
    left join lateral (
      select max(last_success_at) as last_success_at, max(last_failure_at) as last_failure_at,
        (array_agg(last_failure order by last_failure_at desc nulls last))[1] as last_failure
      from smtp_account_health where account_id = account.id
    ) as health on true
  `.execute(db);
  return rows;
}
