import { sql } from 'kysely';
import type { Db } from './database.js';

/** SQLSTATE read_only_sql_transaction: it is a standby, or a failover is under way. */
export const READ_ONLY = '25006';

/**
 * Asks for a change of nothing. A standby refuses that as it refuses any other, and whoever refused it
 * is not asked again by that connection.
 *
 * @throws an error whose code is {@link READ_ONLY} where the database only reads
 */
export async function assertWritable(db: Db): Promise<void> {
  await sql`delete from outbox where false`.execute(db);
}
