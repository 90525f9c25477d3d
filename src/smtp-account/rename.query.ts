import { sql, type Tx } from '#database';

/**
 * Mails are counted by the name of their account: what it has sent follows it to its new one. A mail
 * that is under way meanwhile still counts for the old one.
 */
export async function renameSent(tx: Tx, from: string, to: string): Promise<void> {
  // The counts of these follow by a trigger, all others by the second statement.
  await sql`
    update outbox set account = ${to}
    where account = ${from} and sent_at > now() - interval '1 minute'`.execute(tx);
  await sql`update outbox_counts set account = ${to} where account = ${from}`.execute(tx);
}
