import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Logger } from '@nestjs/common';
import {
  describeWithSmallDisk,
  mountSmallDisk,
  type SmallDisk,
} from '../../test/harness/small-disk.js';
import { createTestDatabase, type TestDatabase } from '../../test/harness/database.js';
import { eventually } from '../../test/harness/eventually.js';
import { type DatabaseConnection, sql } from './index.js';
import { openEmbedded } from './embedded.js';

const DATABASE = new URL('../../dist/database/index.js', import.meta.url).href;

/** Spins inside WebAssembly until its thread is ended. */
const forever = sql`select count(*) from generate_series(1, 1000000000000)`;

describe('an embedded database whose thread is frozen', () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    connection = await openEmbedded(database.env.DATA_DIR, 3_000);
    await sql`create table facts (id int primary key)`.execute(connection.db);
  }, 60_000);
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });

  const facts = async () => {
    const { rows } = await sql<{ id: number }>`select id from facts order by id`.execute(
      connection.db,
    );
    return rows.map(({ id }) => id);
  };

  it('A35: is opened in another thread, with all that was committed, and notifies again', async () => {
    let notified = 0;
    await connection.listen('news', () => (notified += 1));
    await sql`insert into facts values (1), (2)`.execute(connection.db);
    connection.superviseAnswers();

    const frozen = forever.execute(connection.db);
    const waiting = sql`insert into facts values (3)`.execute(connection.db);
    const [first, second] = await Promise.allSettled([frozen, waiting]);
    expect(first).toMatchObject({ status: 'rejected', reason: { code: '57P02' } });
    expect(second).toMatchObject({
      status: 'rejected',
      reason: { code: expect.stringMatching(/^57P0[23]$/) },
    });

    const open = await eventually(
      () => facts().catch(() => undefined),
      (ids) => ids !== undefined,
      30_000,
    );
    expect(open).toEqual([1, 2]);
    // Once for what was missed, once for this.
    const missed = await eventually(
      () => notified,
      (count) => count > 0,
    );
    await sql`notify news`.execute(connection.db);
    expect(
      await eventually(
        () => notified,
        (count) => count > missed,
      ),
    ).toBe(missed + 1);
  }, 60_000);

  it('A35: ends a transaction in which it freezes without a trace of it', async () => {
    await expect(
      connection.db.transaction().execute(async (tx) => {
        await sql`insert into facts values (4)`.execute(tx);
        await forever.execute(tx);
      }),
    ).rejects.toThrow();
    const open = await eventually(
      () => facts().catch(() => undefined),
      (ids) => ids !== undefined,
      30_000,
    );
    expect(open).not.toContain(4);
  }, 60_000);

  it('G11: is closed in bounded time while it is frozen', async () => {
    const own = await createTestDatabase();
    const other = await openEmbedded(own.env.DATA_DIR);
    const frozen = forever.execute(other.db);
    frozen.catch(() => undefined);
    await sleep(100);
    await other.close();
    await expect(frozen).rejects.toThrow();
    // The lock is free, and the files are whole.
    const again = await openEmbedded(own.env.DATA_DIR);
    expect((await sql<{ one: number }>`select 1 as one`.execute(again.db)).rows).toEqual([
      { one: 1 },
    ]);
    await again.close();
    await own.drop();
  }, 90_000);
});

/** The most megabytes that a process holds which opens a database and does this with it. */
async function residentMegabytes(work: string): Promise<number> {
  const database = await createTestDatabase();
  // Not maxRSS: of it a process inherits what its parent had when it was forked.
  const program = `
    import { setTimeout as sleep } from 'node:timers/promises';
    import { openDatabase, sql } from '${DATABASE}';
    let most = 0;
    const watch = setInterval(() => (most = Math.max(most, process.memoryUsage.rss())), 20);
    const connection = await openDatabase({ dataDir: process.argv[1] });
    ${work}
    await connection.close();
    clearInterval(watch);
    console.log(most);`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--eval',
    program,
    database.env.DATA_DIR,
  ]);
  await database.drop();
  return Number(stdout) / 1_048_576;
}

describe('an embedded database, opened', () => {
  it('takes less than 450 MB, with what V8 makes of it in threads of its own', async () => {
    expect(await residentMegabytes('await sleep(2_000);')).toBeLessThan(450);
  }, 60_000);

  it('G13: keeps nothing of its answers', async () => {
    const megabytes = await residentMegabytes(`
      for (let n = 0; n < 800; n += 1)
        await sql\`select repeat('x', 1000) from generate_series(1, 1000)\`.execute(connection.db);`);
    expect(megabytes).toBeLessThan(1_000);
  }, 60_000);
});

describeWithSmallDisk('an embedded database whose disk is full', () => {
  let database: TestDatabase;
  let disk: SmallDisk;
  let connection: DatabaseConnection;

  beforeAll(async () => {
    database = await createTestDatabase();
    disk = mountSmallDisk(224);
    const dataDir = join(disk.path, 'data');
    cpSync(database.env.DATA_DIR, dataDir, { recursive: true });
    connection = await openEmbedded(dataDir);
  }, 60_000);
  afterAll(async () => {
    await connection.close();
    disk.unmount();
    await database.drop();
  }, 30_000);

  it('A35: panics, and is open again with all that was committed when there is space', async () => {
    const { db } = connection;
    const away = { code: expect.stringMatching(/^57P0[23]$/) };
    await sql`create table facts (id int primary key)`.execute(db);
    await sql`insert into facts values (1), (2)`.execute(db);

    disk.fillTo(0);
    await expect(sql`checkpoint`.execute(db)).rejects.toMatchObject({
      code: '53100',
      severity: 'PANIC',
    });
    await expect(sql`select 1`.execute(db)).rejects.toMatchObject(away);
    // For longer than it is between two tries to open it. Whether it can be opened without space
    // depends on how far its last WAL segment is; it says that it is away, or it has everything.
    await sleep(2_500);
    const meanwhile: unknown = await sql`select id from facts order by id`.execute(db).then(
      ({ rows }) => rows,
      (error: unknown) => error,
    );
    if (meanwhile instanceof Error) expect(meanwhile).toMatchObject(away);
    else expect(meanwhile).toEqual([{ id: 1 }, { id: 2 }]);

    disk.free();
    const open = await eventually(
      () => sql`select id from facts order by id`.execute(db).catch(() => undefined),
      (answer) => answer !== undefined,
      30_000,
    );
    expect(open?.rows).toEqual([{ id: 1 }, { id: 2 }]);
    await sql`insert into facts values (3)`.execute(db);
  }, 60_000);
});
