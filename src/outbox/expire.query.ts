import { type Db, sql, type Tx } from '#database';

/** Mails of one statement: after an outage all that wait may have expired, and claims go between. */
const STEP = 1_000;

export interface Expired {
  /** Of the mails that expired unsent, one entry a mail. */
  kinds: string[];
  /** There may be more. */
  isPartial: boolean;
}

const reason = sql`'It expired before a server took it' || coalesce('. The last try: ' || last_error, '')`;

/** Ends what waits for nothing any more and erases every secret whose time is over, in steps. */
export async function expire(db: Db): Promise<Expired> {
  const { rows } = await sql<{ kind: string; status: string }>`
    update outbox set variables = null,
      status = case when status in ('queued', 'held') then 'expired' else status end,
      next_attempt_at = null,
      ended_at = coalesce(ended_at, now()),
      last_error = case when status in ('queued', 'held') then ${reason} else last_error end
    where id in (
      select id from outbox
      -- Of those with a secret; so said that no index but the one of their ends looks useful.
      where expires_at <= now() and variables is not null and status <> 'sending'
      order by expires_at limit ${STEP} for update skip locked
    )
    returning kind, status
  `.execute(db);
  return {
    kinds: rows.filter(({ status }) => status === 'expired').map(({ kind }) => kind),
    isPartial: rows.length === STEP,
  };
}

/**
 * Ends mails that `owner` has claimed and that had expired by then; such a claim was no try.
 * @returns their kinds, one entry a mail
 */
export async function expireClaimed(db: Db | Tx, owner: string, ids: string[]): Promise<string[]> {
  const { rows } = await sql<{ kind: string }>`
    update outbox set status = 'expired', variables = null, ended_at = now(),
      attempts = attempts - 1, lease_owner = null, lease_until = null, suspicion = 0,
      last_error = ${reason}
    where status = 'sending' and lease_owner = ${owner} and id = any(${ids}::uuid[])
    returning kind
  `.execute(db);
  return rows.map(({ kind }) => kind);
}
