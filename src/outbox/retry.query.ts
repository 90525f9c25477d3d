import { sql, type Tx } from '#database';

/**
 * Makes a waiting, failed or held mail due now. One that has ended its worker is let out once: if
 * that ends another one, it is held again.
 *
 * @returns false where it has ended otherwise
 */
export async function retry(tx: Tx, id: string): Promise<boolean> {
  const { rows } = await sql`
    update outbox set status = 'queued', next_attempt_at = now(), ended_at = null,
      suspicion = least(suspicion, 2)
    where id = ${id} and status in ('queued', 'failed', 'held')
      and variables is not null and expires_at > now()
    returning id
  `.execute(tx);
  return rows.length > 0;
}
