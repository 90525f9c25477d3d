import { Logger } from '@nestjs/common';
import { type DatabaseConnection, migrate, openDatabase, sql } from '#database';
import type { ConnectionSlot } from '#smtp';
import { createTestDatabase, type TestDatabase } from '../../test/harness/database.js';
import { eventually } from '../../test/harness/eventually.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { AccountConnections } from './account-connections.service.js';

const account = accountFor({ port: 2525, options: {}, ca: '' }, { maxConnections: 3 });

describe('G05: the connections of an account', () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  const started: AccountConnections[] = [];
  let statements = 0;
  let isAway = false;

  /** As a process has them; of several, as on PostgreSQL, unless it is said to be alone. */
  function connections(kind: DatabaseConnection['kind'] = 'postgresql'): AccountConnections {
    const { db } = connection;
    const made = new AccountConnections({
      ...connection,
      get db() {
        statements += 1;
        if (isAway) throw new Error('The database is away');
        return db;
      },
      kind,
    });
    started.push(made);
    return made;
  }

  const takeAll = async (by: AccountConnections, of = account): Promise<ConnectionSlot[]> => {
    const taken: ConnectionSlot[] = [];
    for (let slot = await by.take(of); slot; slot = await by.take(of)) taken.push(slot);
    return taken;
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
    connection = await openDatabase({ dataDir, databaseUrl });
    await migrate(connection.db);
  }, 30_000);
  beforeEach(async () => {
    await sql`delete from smtp_connection_slots`.execute(connection.db);
    statements = 0;
    isAway = false;
  });
  afterEach(async () => {
    for (const each of started.splice(0)) await each.onApplicationShutdown();
  });
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });

  it('are never more than it may have, over all processes, whoever asks at once', async () => {
    const processes = [connections(), connections(), connections()];
    const asked = processes.flatMap((each) => [each, each, each]);
    const slots = await Promise.all(asked.map((each) => each.take(account)));
    const taken = slots.filter((slot) => slot !== undefined);
    // The very first may meet those that are being numbered.
    expect(taken.length).toBeLessThanOrEqual(3);
    for (const each of processes) taken.push(...(await takeAll(each)));
    expect(taken).toHaveLength(3);
    await Promise.all(taken.map((slot) => slot.release()));
    const again = await Promise.all(asked.map((each) => each.take(account)));
    expect(again.filter((slot) => slot !== undefined)).toHaveLength(3);
  });

  it('come back one by one, and the others are told at once', async () => {
    const [ours, theirs] = [connections(), connections()];
    const [first] = await takeAll(ours);
    expect(await theirs.take(account)).toBeUndefined();
    expect(theirs.available(account)).toBe(0);
    let told = 0;
    theirs.onFreed(() => (told += 1));
    await first?.release();
    await first?.release();
    await eventually(
      () => theirs.available(account),
      (available) => available > 0,
      500,
    );
    expect(told).toBeGreaterThan(0);
    // Not all three: two of them are in other hands, for all that is known.
    expect(theirs.available(account)).toBe(1);
    expect(await takeAll(theirs)).toHaveLength(1);
  });

  it('may be asked for again after a moment where nobody told that one is free', async () => {
    const [ours, theirs] = [connections(), connections()];
    await takeAll(ours);
    await theirs.take(account);
    let told = 0;
    theirs.onFreed(() => (told += 1));
    expect(theirs.available(account)).toBe(0);
    await eventually(
      () => told,
      (count) => count > 0,
      5_000,
    );
    expect(theirs.available(account)).toBe(1);
  });

  it('of a process that died are free when its lease is over, and not before', async () => {
    const [dead, heir] = [connections(), connections()];
    await takeAll(dead);
    await sql`
      update smtp_connection_slots set held_until = held_until - interval '40 seconds'
    `.execute(connection.db);
    expect(await heir.take(account)).toBeUndefined();
    await sql`
      update smtp_connection_slots set held_until = held_until - interval '6 seconds'
    `.execute(connection.db);
    expect(await takeAll(heir)).toHaveLength(3);
  });

  it('A39: of a process that died before the clock was set back are free', async () => {
    const [dead, heir] = [connections(), connections()];
    await takeAll(dead);
    await sql`
      update smtp_connection_slots set held_until = held_until + interval '1 day'
    `.execute(connection.db);
    expect(await takeAll(heir)).toHaveLength(3);
  });

  it('that were given away for dead are not taken back, nor freed by their old process', async () => {
    const [stopped, heir] = [connections(), connections()];
    const old = await takeAll(stopped);
    await sql`update smtp_connection_slots set held_until = now() - interval '1 second'`.execute(
      connection.db,
    );
    expect(await takeAll(heir)).toHaveLength(3);
    for (const slot of old) await slot.release();
    expect(await stopped.take(account)).toBeUndefined();
  });

  it('follow a limit that is lowered or raised', async () => {
    const ours = connections();
    const taken = await takeAll(ours);
    const lower = { ...account, maxConnections: 1 };
    await taken[1]?.release();
    await taken[2]?.release();
    expect(await ours.take(lower)).toBeUndefined();
    await taken[0]?.release();
    expect(await takeAll(ours, lower)).toHaveLength(1);
    expect(await takeAll(ours, { ...account, maxConnections: 4 })).toHaveLength(3);
  });

  it('are counted by the id: an account that is renamed keeps them, another has its own', async () => {
    const ours = connections();
    await takeAll(ours);
    expect(await ours.take({ ...account, name: 'renamed' })).toBeUndefined();
    expect(await takeAll(ours, { ...account, id: 'another' })).toHaveLength(3);
  });

  it('are not opened while the database is away; those that are closed then come back', async () => {
    const [ours, theirs] = [connections(), connections()];
    const [first] = await takeAll(ours);
    isAway = true;
    await expect(theirs.take(account)).rejects.toThrow('away');
    await first?.release();
    isAway = false;
    expect(await theirs.take(account)).toBeUndefined();
    const slot = await eventually(
      () => theirs.take(account),
      (taken) => taken !== undefined,
      20_000,
    );
    expect(slot).toBeDefined();
  });

  it('cost the embedded database nothing, which has one process', async () => {
    const ours = connections('embedded');
    const taken = await takeAll(ours);
    expect(taken).toHaveLength(3);
    let told = 0;
    ours.onFreed(() => (told += 1));
    await taken[0]?.release();
    expect(told).toBe(1);
    expect(await takeAll(ours)).toHaveLength(1);
    expect(statements).toBe(0);
  });
});
