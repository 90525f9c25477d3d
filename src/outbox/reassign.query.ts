import { sql, type Tx } from '#database';

/** The mail that `owner` is sending goes by another account now, and counts there. */
export async function reassign(
  tx: Tx,
  id: string,
  owner: string,
  account: string,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update outbox set account = ${account}
    where id = ${id} and status = 'sending' and lease_owner = ${owner}
  `.execute(tx);
  return numAffectedRows === 1n;
}
