import { type Db, sql, type Tx } from '#database';

/** Ends a mail that has not gone out yet. @returns false where it is too late or unknown */
export async function cancel(db: Db, id: string, reason: string): Promise<boolean> {
  const { rows } = await sql`
    update outbox set status = 'cancelled', ended_at = now(), next_attempt_at = null,
      variables = null, last_error = ${reason}
    where id = ${id} and status in ('queued', 'held') returning id
  `.execute(db);
  return rows.length > 0;
}

/**
 * Ends the waiting mails of one kind to one address, for what is in them is dead. A failed one
 * stays failed and loses its secret, so that nobody sends it again; one that is under way loses it
 * too, and ends when it would be queued again.
 */
export async function cancelWaiting(tx: Tx, kind: string, to: string, reason: string) {
  await cancelledBy(kind, to, reason).execute(tx);
}

/** The statement of {@link cancelWaiting}, by itself or as a part of another one. */
export const cancelledBy = (kind: string, to: string, reason: string) => sql`
  update outbox set variables = null, next_attempt_at = null,
    ended_at = case when status = 'sending' then null else coalesce(ended_at, now()) end,
    last_error = case when status = 'failed' then last_error else ${reason} end,
    status = case when status in ('failed', 'sending') then status else 'cancelled' end
  where to_address = ${to} and kind = ${kind} and status in ('queued', 'held', 'failed', 'sending')
    and variables is not null`;
