import { sql, type Tx } from '#database';

/** Ends the sessions of a user; the next call with one of their tokens is refused. */
export async function endSessions(
  tx: Tx,
  userId: string,
  options: { except?: string } = {},
): Promise<void> {
  await sql`
    update sessions set ended_at = now()
    where user_id = ${userId} and ended_at is null
      and id is distinct from ${options.except ?? null}::uuid`.execute(tx);
}
