import { createTestDatabase, type TestDatabase } from '../../test/harness/database.js';
import { type DatabaseConnection, type Db, openDatabase, sql } from './index.js';
import { statementNameOf } from './statement-names.js';

describe.each(['embedded', 'postgresql'] as const)('statements on the %s database', (kind) => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  beforeAll(async () => {
    database = await createTestDatabase('empty', kind);
    const { DATA_DIR, DATABASE_URL } = database.env;
    connection = await openDatabase({ dataDir: DATA_DIR, databaseUrl: DATABASE_URL });
  }, 30_000);
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });

  const onOneConnection = <R>(work: (db: Db) => Promise<R>) =>
    connection.db.connection().execute(work as (db: unknown) => Promise<R>);

  it('are prepared once, where they have parameters', async () => {
    const prepared = await onOneConnection(async (db) => {
      for (const n of [1, 2, 3]) {
        const { rows } = await sql<{ n: number }>`select ${n}::int as n`.execute(db);
        expect(rows).toEqual([{ n }]);
        await sql`select * from (select ${n}::int) as everything`.execute(db);
      }
      await sql`select 'without'`.execute(db);
      const { rows } = await sql<{ statement: string }>`
        select statement from pg_prepared_statements`.execute(db);
      return rows.map(({ statement }) => statement);
    });
    expect(prepared.filter((statement) => !statement.includes('with '))).toEqual([
      'select $1::int as n',
    ]);
  });

  it('still give what they gave after their table has got a column', async () => {
    await onOneConnection(async (db) => {
      await sql`create temporary table growing (a int)`.execute(db);
      await sql`insert into growing values (${1})`.execute(db);
      const all = () => sql`select * from growing where a = ${1}`.execute(db);
      const one = () => sql`select a from growing where a = ${1}`.execute(db);
      for (const read of [all, one]) expect((await read()).rows).toEqual([{ a: 1 }]);
      await sql`alter table growing add column b int`.execute(db);
      expect((await all()).rows).toEqual([{ a: 1, b: null }]);
      expect((await one()).rows).toEqual([{ a: 1 }]);
    });
  });
});

describe('the name of a statement', () => {
  it('is always the same, and there is an end to them', () => {
    const first = statementNameOf('select $1', ['value']);
    expect(statementNameOf('select $1', ['another'])).toBe(first);
    const names = Array.from({ length: 1_000 }, (_, n) => statementNameOf(`select $1 + ${n}`, [1]));
    const given = names.filter((name) => name !== undefined);
    expect(new Set(given).size).toBe(given.length);
    expect(given.length).toBeLessThan(300);
    expect(names.at(-1)).toBeUndefined();
    expect(statementNameOf('select $1', ['value'])).toBe(first);
  });
});
