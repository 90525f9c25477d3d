import { type Db, sql } from '#database';

/**
 * Ends what waits for nothing any more and erases every secret whose time is over.
 * @returns the kinds of the mails that expired unsent, one entry a mail
 */
export async function expire(db: Db): Promise<string[]> {
  const { rows } = await sql<{ kind: string; status: string }>`
    update outbox set variables = null,
      status = case when status in ('queued', 'held') then 'expired' else status end,
      next_attempt_at = null,
      ended_at = coalesce(ended_at, now()),
      last_error = case when status in ('queued', 'held')
        then 'It expired before a server took it' || coalesce('. The last try: ' || last_error, '')
        else last_error end
    where expires_at <= now() and status in ('queued', 'held', 'failed') and variables is not null
    returning kind, status
  `.execute(db);
  return rows.filter(({ status }) => status === 'expired').map(({ kind }) => kind);
}
