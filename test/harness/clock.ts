import { type Db, sql } from '#database';

/**
 * Lets time pass for everything the database dates, by moving every moment it holds into the past:
 * the program reads no other clock for what expires, so nothing of it has to be changed for tests.
 */
export class Clock {
  /** Has it been moved? Then moments of the database are not those of others any more. */
  isMoved = false;

  constructor(private readonly db: Db) {}

  /** @param interval as PostgreSQL writes it, for example `11 minutes` */
  async advance(interval: string): Promise<void> {
    this.isMoved = true;
    const { rows } = await sql<{ table: string; column: string; isArray: boolean }>`
      select table_name as "table", column_name as "column", data_type = 'ARRAY' as "isArray"
      from information_schema.columns
      where table_schema = 'public' and udt_name in ('timestamptz', '_timestamptz')
        and table_name not like 'kysely%'
    `.execute(this.db);
    await this.db.transaction().execute(async (tx) => {
      for (const [table, columns] of Map.groupBy(rows, (row) => row.table)) {
        const changes = columns.map(({ column, isArray }) =>
          isArray
            ? sql`${sql.ref(column)} = array(select at - ${interval}::interval from unnest(${sql.ref(column)}) as at)`
            : sql`${sql.ref(column)} = ${sql.ref(column)} - ${interval}::interval`,
        );
        await sql`update ${sql.table(table)} set ${sql.join(changes)}`.execute(tx);
      }
      // Whoever sleeps until a moment looks again.
      await sql`select pg_notify('gatepost_outbox', '')`.execute(tx);
    });
  }
}
