import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { holdDataDirectory } from './data-directory.js';
import { migrate, openDatabase, sql } from './index.js';

const parent = mkdtempSync(join(tmpdir(), 'gatepost-'));
afterAll(() => rmSync(parent, { recursive: true }));

describe('the embedded database', () => {
  const dataDir = join(parent, 'data');
  let connection: Awaited<ReturnType<typeof openDatabase>>;

  beforeAll(async () => {
    connection = await openDatabase({ databaseUrl: undefined, dataDir });
  }, 30_000);
  afterAll(() => connection.close());

  it('is migrated once', async () => {
    expect(await migrate(connection.db)).toEqual([
      '0001-accounts-and-outbox',
      '0002-smtp-accounts',
      '0003-outbox-at-size',
      '0004-causes',
      '0005-many-workers',
      '0006-refused-sign-ins',
      '0007-mails-by-recipient',
      '0008-health-by-settings',
    ]);
    expect(await migrate(connection.db)).toEqual([]);
  });

  it('gives bytea, timestamps and arrays of them in the types of the schema', async () => {
    const { rows } = await sql<{ bytes: Buffer; at: Date; times: Date[] }>`
      select '\\x00ff'::bytea as bytes, now() as at, array[now()]::timestamptz(3)[] as times
    `.execute(connection.db);
    expect(rows[0]).toEqual({
      bytes: Buffer.from([0, 255]),
      at: expect.any(Date),
      times: [expect.any(Date)],
    });
  });

  it('notifies at commit and not before', async () => {
    const events: string[] = [];
    const unlisten = await connection.listen('news', () => events.push('notified'));
    await connection.db.transaction().execute(async (tx) => {
      await sql`select pg_notify('news', '')`.execute(tx);
      events.push('in the transaction');
    });
    await unlisten();
    expect(events).toEqual(['in the transaction', 'notified']);
  });

  it('F10: keeps its files from other users, whatever the umask was', async () => {
    const entries = await readdir(dataDir, { recursive: true, withFileTypes: true });
    const open = entries
      .map((entry) => join(entry.parentPath, entry.name))
      .filter((path) => (statSync(path).mode & 0o077) !== 0);
    expect(open).toEqual([]);
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
  });

  it('A38: refuses a second opening of the directory, naming the holder', async () => {
    await expect(openDatabase({ databaseUrl: undefined, dataDir })).rejects.toThrow(
      `The data directory ${dataDir} is in use by the process with PID ${process.pid}.`,
    );
  });
});

describe('an embedded database whose directory can not be read', () => {
  it('A37: is refused with what to do, and leaves the directory to others', async () => {
    const dataDir = join(parent, 'damaged');
    mkdirSync(join(dataDir, 'postgres'), { recursive: true });
    writeFileSync(join(dataDir, 'postgres', 'PG_VERSION'), '9.6\n');
    await expect(openDatabase({ databaseUrl: undefined, dataDir })).rejects.toThrow(
      `The database in ${dataDir} can not be opened`,
    );
    holdDataDirectory(dataDir).release();
  }, 30_000);
});
