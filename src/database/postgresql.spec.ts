import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createTestDatabase } from '../../test/harness/database.js';
import { migrate, sql } from './index.js';
import { openPostgresql } from './postgresql.js';

/** Milliseconds. */
const STATEMENT_TIMEOUT = 300;

it('ends a statement that takes too long, but no migration that another process holds up', async () => {
  const database = await createTestDatabase('template', 'postgresql');
  const url = database.env.DATABASE_URL!;
  const other = new pg.Client(url);
  await other.connect();
  const connection = await openPostgresql(url, () => undefined, STATEMENT_TIMEOUT);
  try {
    await other.query('begin; lock table kysely_migration in access exclusive mode');
    const migrated = migrate(connection.db);
    await Promise.race([migrated, sleep(5 * STATEMENT_TIMEOUT)]);
    await other.query('commit');
    expect(await migrated).toEqual([]);

    connection.superviseAnswers();
    await expect(sql`select pg_sleep(5)`.execute(connection.db)).rejects.toThrow(
      'canceling statement due to statement timeout',
    );
  } finally {
    await connection.close();
    await other.end();
    await database.drop();
  }
});

it('listens on one connection, however many begin to at once', async () => {
  const database = await createTestDatabase('template', 'postgresql');
  const connection = await openPostgresql(database.env.DATABASE_URL!, () => undefined);
  try {
    await Promise.all(['one', 'two'].map((channel) => connection.listen(channel, () => undefined)));
    const { rows } = await sql`
      select query from pg_stat_activity
      where datname = current_database() and query like 'listen %'`.execute(connection.db);
    expect(rows).toHaveLength(1);
  } finally {
    await connection.close();
    await database.drop();
  }
});
