import { sql, type Tx } from '#database';

/**
 * Makes everything that happens to one address happen one after the other, until the transaction
 * ends. A row that is not there yet can't be locked: fifty registrations of a new address at once
 * would collide. Take it before any row, so that no two requests wait for each other in a ring.
 *
 * @param address canonical
 */
export async function lockAddress(tx: Tx, address: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`address ${address}`}, 0))`.execute(tx);
}
