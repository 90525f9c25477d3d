import { type Db, sql } from '#database';

/**
 * Seals the secrets of accounts anew; `undefined` from `reseal` means that a row needs nothing.
 *
 * @returns how many rows were sealed anew
 */
export function resealAccounts(
  db: Db,
  reseal: (secrets: Buffer, id: string) => Buffer | undefined,
): Promise<number> {
  return db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ id: string; secrets: Buffer }>`
      select id, secrets from smtp_accounts order by id for update
    `.execute(tx);
    let count = 0;
    for (const { id, secrets } of rows) {
      const resealed = reseal(secrets, id);
      if (!resealed) continue;
      await sql`update smtp_accounts set secrets = ${resealed} where id = ${id}`.execute(tx);
      count += 1;
    }
    return count;
  });
}
