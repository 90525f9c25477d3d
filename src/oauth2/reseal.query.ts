import { type Db, sql } from '#database';

/**
 * Seals tokens anew; `undefined` from `reseal` means that a row needs nothing.
 *
 * @returns how many rows were sealed anew
 */
export function resealTokens(
  db: Db,
  reseal: (sealed: Buffer, accountId: string) => Buffer | undefined,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ account_id: string; fingerprint: Buffer; sealed: Buffer }>`
      select account_id, fingerprint, sealed from oauth2_tokens
      where sealed is not null order by account_id, fingerprint for update
    `.execute(tx);
    let count = 0;
    for (const { account_id, fingerprint, sealed } of rows) {
      const resealed = reseal(sealed, account_id);
      if (!resealed) continue;
      await sql`
        update oauth2_tokens set sealed = ${resealed}
        where account_id = ${account_id} and fingerprint = ${fingerprint}
      `.execute(tx);
      count += 1;
    }
    return count;
  });
}
