import { Logger } from '@nestjs/common';
import { type DatabaseConnection, migrate, openDatabase, sql } from '#database';
import { NoConnectionFree, SmtpSender } from '#smtp';
import { createTestDatabase, type TestDatabase } from '../../test/harness/database.js';
import { eventually } from '../../test/harness/eventually.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  andThen,
  delay,
  garbage,
  type Moment,
  reply,
  silence,
  startSmtpServer,
} from '../../test/harness/smtp-server.js';
import { AccountConnections } from './account-connections.service.js';

describe('G05: several processes that send by one account', () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  let isAway = false;
  const started: { sender: SmtpSender; slots: AccountConnections }[] = [];

  /** What one process sends with. */
  function start(kind: DatabaseConnection['kind'] = 'postgresql'): SmtpSender {
    const slots = new AccountConnections({
      ...connection,
      get db() {
        if (isAway) throw new Error('The database is away');
        return connection.db;
      },
      kind,
    });
    const sender = new SmtpSender(undefined, slots);
    started.push({ sender, slots });
    return sender;
  }

  const send = (sender: SmtpSender, account: ReturnType<typeof accountFor>, patience?: number) =>
    sender.send(account, outgoing(), { patience });

  const heldSlots = async (): Promise<unknown[]> => {
    const held = sql`select from smtp_connection_slots where holder is not null`;
    return (await held.execute(connection.db)).rows;
  };

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
    connection = await openDatabase({ dataDir, databaseUrl });
    await migrate(connection.db);
  }, 30_000);
  beforeEach(async () => {
    isAway = false;
    await sql`delete from smtp_connection_slots`.execute(connection.db);
  });
  afterEach(async () => {
    for (const { sender, slots } of started.splice(0)) {
      await sender.close();
      await slots.onApplicationShutdown();
    }
  });
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });

  it('open no more connections together than it may have, and send all', async () => {
    await using server = await startSmtpServer({ script: { dot: delay(5) } });
    const account = accountFor(server, { maxConnections: 3 });
    const senders = [start(), start(), start()];
    const sent = senders.map(async (sender) => {
      const verdicts = await Promise.all(Array.from({ length: 10 }, () => send(sender, account)));
      await sender.close();
      return verdicts.map(({ outcome }) => outcome);
    });
    expect((await Promise.all(sent)).flat()).toEqual(Array(30).fill('accepted'));
    expect(server.peak).toBeLessThanOrEqual(3);
    expect(await heldSlots()).toEqual([]);
  });

  it('who can wait no longer is told so, and nothing was begun', async () => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { maxConnections: 1 });
    const [ours, theirs] = [start(), start()];
    await send(theirs, account);
    const refused = await Promise.allSettled([1, 2, 3].map(() => send(ours, account, 0)));
    for (const each of refused)
      expect(each).toMatchObject({ reason: expect.any(NoConnectionFree) });
    expect(server.connections).toHaveLength(1);
  });

  it('who has a connection waits for that one, however little it would wait for others', async () => {
    await using server = await startSmtpServer({ script: { dot: delay(50) } });
    const account = accountFor(server, { maxConnections: 2 });
    const [ours, theirs] = [start(), start()];
    await send(theirs, account);
    const verdicts = await Promise.all([1, 2, 3, 4].map(() => send(ours, account, 0)));
    expect(verdicts.map(({ outcome }) => outcome)).toEqual(Array(4).fill('accepted'));
    expect(server.peak).toBe(2);
  });

  it('who waits goes on as soon as another process closes one', async () => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { maxConnections: 1 });
    const [ours, theirs] = [start(), start()];
    await send(theirs, account);
    const waiting = send(ours, account);
    await theirs.close();
    expect((await waiting).outcome).toBe('accepted');
    expect(server.peak).toBe(1);
  });

  it('who is told at the end that others have them all waits no longer', async () => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { maxConnections: 1 });
    const [ours, theirs] = [start(), start()];
    await send(theirs, account);
    const asking = send(ours, account);
    await ours.close(20_000);
    expect(await asking).toMatchObject({ outcome: 'deferred', stage: 'tcp' });
  });

  it('at the end a connection that was still being opened counts no longer', async () => {
    const closing = Promise.withResolvers<void>();
    const greeting = () => closing.promise.then(() => reply(220, 'sink.test ESMTP'));
    const script = { greeting: andThen(garbage(''), greeting), quit: delay(200) };
    await using server = await startSmtpServer({ script });
    const sender = start();
    const sending = send(sender, accountFor(server, { timeouts: { greeting: 20_000 } }));
    await eventually(
      () => server.connections.length,
      (count) => count === 1,
    );
    const closed = sender.close(20_000);
    closing.resolve();
    await closed;
    expect(await heldSlots()).toEqual([]);
    expect((await sending).outcome).toBe('accepted');
  });

  it('at the end every mail is waited for, also where another one could not be tried', async () => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { timeouts: { data: 20_000 } });
    const other = { ...account, id: 'other', maxConnections: 1 };
    const [ours, theirs] = [start(), start()];
    await send(theirs, other);
    const refused = Promise.withResolvers<void>();
    const answer = () => refused.promise.then(() => reply(250, '2.0.0 queued'));
    server.script = { dot: andThen(garbage(''), answer) };
    const sending = send(ours, account);
    await eventually(
      () => server.commands.filter((line) => line === 'DATA').length,
      (count) => count === 2,
    );
    const impatient = send(ours, other, 0);
    const closed = ours.close(20_000);
    await expect(impatient).rejects.toBeInstanceOf(NoConnectionFree);
    refused.resolve();
    await expect(closed).resolves.toBeUndefined();
    expect((await sending).outcome).toBe('accepted');
  });

  it('the wait ends with the attempt', async () => {
    await using server = await startSmtpServer();
    const account = accountFor(server, { maxConnections: 1 });
    const [ours, theirs] = [start(), start()];
    await send(theirs, account);
    const verdict = await ours.send(account, outgoing(), { signal: AbortSignal.timeout(50) });
    expect(verdict).toMatchObject({ outcome: 'deferred', stage: 'tcp' });
  });

  it('a database that is away holds mail back, and is not the fault of the account', async () => {
    await using server = await startSmtpServer();
    isAway = true;
    const verdict = await send(start(), accountFor(server));
    expect(verdict).toMatchObject({
      outcome: 'deferred',
      sentence: expect.stringContaining('the database that counts them does not answer'),
    });
    expect(server.connections).toEqual([]);
  });

  it.each(['postgresql', 'embedded'] as const)(
    'what was opened with other settings makes room, also when they are changed back (%s)',
    async (kind) => {
      await using server = await startSmtpServer();
      const account = accountFor(server, { maxConnections: 1 });
      const sender = start(kind);
      await send(sender, account);
      const changed = { ...account, ehloName: 'other.example.com' };
      expect((await send(sender, changed)).outcome).toBe('accepted');
      expect(server.connections).toHaveLength(2);
      expect((await send(sender, account)).outcome).toBe('accepted');
      expect(server.connections).toHaveLength(3);
      expect(server.peak).toBe(1);
    },
  );

  it('what is under way with other settings is waited for, and ended, at the end', async () => {
    const held = Promise.withResolvers<void>();
    const script = { dot: andThen(garbage(''), () => held.promise) };
    await using server = await startSmtpServer({ script });
    const account = accountFor(server, { maxConnections: 2, timeouts: { data: 60_000 } });
    const sender = start();
    const sending = send(sender, account);
    await eventually(
      () => server.commands,
      (commands) => commands.includes('DATA'),
    );
    server.script = {};
    const changed = { ...account, ehloName: 'other.example.com' };
    expect((await send(sender, changed)).outcome).toBe('accepted');
    await sender.close();
    expect(await sending).toMatchObject({ outcome: 'unknown', ending: 'aborted' });
    expect(await heldSlots()).toEqual([]);
    held.resolve();
  });

  it('a mail with settings of before is not tried again over those of now', async () => {
    const changed = Promise.withResolvers<void>();
    const goodbye = () => changed.promise.then(() => reply(421, '4.7.0 enough'));
    const script = {
      mail: ({ connection, accepted }: Moment) =>
        connection === 1 && accepted === 1 ? andThen(garbage(''), goodbye) : undefined,
    };
    await using server = await startSmtpServer({ script });
    const timeouts = { command: 20_000 };
    const account = accountFor(server, { maxConnections: 2, timeouts });
    const sender = start();
    await send(sender, account);
    const before = send(sender, account);
    await eventually(
      () => server.commands.filter((line) => line.startsWith('MAIL')),
      (mails) => mails.length === 2,
    );
    const now = { ...account, ehloName: 'other.example.com' };
    expect((await send(sender, now)).outcome).toBe('accepted');
    changed.resolve();
    expect(await before).toMatchObject({ outcome: 'deferred', stage: 'tcp' });
    expect((await send(sender, now)).outcome).toBe('accepted');
    expect(server.messages.map(({ connection: by }) => by)).toEqual([1, 2, 2]);
  });

  it('a message that is no longer ours to send never gets its final dot', async () => {
    await using server = await startSmtpServer();
    const verdict = await start().send(accountFor(server), outgoing(), {
      mayHandOver: () => !server.commands.includes('DATA'),
    });
    expect(verdict).toMatchObject({ outcome: 'deferred', stage: 'data' });
    await eventually(
      () => server.openConnections,
      (count) => count === 0,
    );
    expect(server.messages).toEqual([]);
  });

  it('a connection that never came to be counts no longer', async () => {
    await using server = await startSmtpServer({ script: { greeting: silence() } });
    const account = accountFor(server, { maxConnections: 1 });
    const [ours, theirs] = [start(), start()];
    expect((await send(theirs, account)).outcome).toBe('account-failed');
    server.script = {};
    expect((await send(ours, account)).outcome).toBe('accepted');
  });
});
