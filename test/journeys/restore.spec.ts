import { randomUUID } from 'node:crypto';
import { migrate, openDatabase, sql } from '#database';
import { Outbox } from '#outbox';
import { Vault } from '#vault';
import { freePort } from '../../src/free-port.js';
import { Clock } from '../harness/clock.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { PASSWORD } from '../harness/people.js';
import { GatepostProcess } from '../harness/process.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const KEY = 'a5'.repeat(32);
const WARNING = 'If it was restored from a backup';

const envOf = ({ env }: TestDatabase, port: number) => ({
  ...env,
  SMTP_HOST: '127.0.0.1',
  SMTP_PORT: String(port),
  SMTP_SENDER: 'no-reply@acme.example',
  SECRET_KEY: KEY,
  ADMIN_WEB_URL: 'http://acme.example',
  RATE_LIMIT: 'off',
});

const open = ({ env }: TestDatabase) =>
  openDatabase({ dataDir: env.DATA_DIR, databaseUrl: env.DATABASE_URL });

const recipients = (server: SmtpServer) => server.messages.flatMap(({ rcpts }) => rcpts).toSorted();
const messageIds = (server: SmtpServer, to: string) =>
  server.messages
    .filter(({ rcpts }) => rcpts.includes(to))
    .map(({ raw }) => /^message-id: *(.*)$/im.exec(raw.toString())?.[1]);

describe('a database', () => {
  it('A44: restored from a backup sends no stale code, repeats under the same Message-ID, and warns', async () => {
    const database = await createTestDatabase();
    const port = await freePort('127.0.0.1');
    // Nobody listens yet: a code and an invitation wait.
    const first = await GatepostProcess.serve(envOf(database, port));
    const registered = await new HttpClient(first.url).post('/auth/register', {
      email: 'ada@example.com',
      password: PASSWORD,
    });
    expect(registered.status).toBe(202);
    expect(first.output).not.toContain(WARNING);
    const invited = await GatepostProcess.run(
      ['invite', 'grace@example.com'],
      envOf(database, port),
    );
    expect(invited.code).toBe(0);
    await first.stop();

    const backup = await database.copy();
    const server = await startSmtpServer({ port });
    try {
      const second = await GatepostProcess.serve(envOf(database, port));
      await eventually(
        () => recipients(server),
        (all) => all.includes('ada@example.com') && all.includes('grace@example.com'),
        40_000,
      );
      // It was not down for long.
      expect(second.output).not.toContain(WARNING);
      await second.stop();

      const connection = await open(backup);
      await new Clock(connection.db).advance('1 hour');
      await connection.close();
      const restored = await GatepostProcess.serve(envOf(backup, port));
      await eventually(
        () => messageIds(server, 'grace@example.com').length,
        (count) => count === 2,
        40_000,
      );
      expect(restored.output).toContain(WARNING);
      expect(restored.output).toMatch(
        /\d+ mails are due in a database in which nothing has happened/,
      );
      await restored.stop();
      expect(new Set(messageIds(server, 'grace@example.com')).size).toBe(1);
      expect(messageIds(server, 'ada@example.com')).toHaveLength(1);
    } finally {
      await server.close();
      await backup.drop();
      await database.drop();
    }
  }, 180_000);

  it('A45: of an older version, with mails that wait, is brought up to date and sends them', async () => {
    const database = await createTestDatabase('empty');
    const server = await startSmtpServer();
    const connection = await open(database);
    try {
      await migrate(connection.db, '0004-causes');
      const outbox = new Outbox(connection.db, connection, new Vault(Buffer.from(KEY, 'hex')));
      const put = async (to: string, kind: string, variables: Record<string, unknown>) => {
        const id = randomUUID();
        const mail = {
          id,
          kind,
          to,
          locale: 'en',
          status: 'queued' as const,
          priority: 0 as const,
          variables,
          messageId: `<${id}@acme.example>`,
          expiresAt: undefined,
          lifetimeSeconds: 3_600,
        };
        await connection.db.transaction().execute((tx) => outbox.enqueue(tx, mail));
      };
      await put('waits@example.com', 'verification-code', { code: '271828' });
      await put('in-hand@example.com', 'verification-code', { code: '314159' });
      // What a later version has no template for, or wants other things to be written with.
      await put('unknown@example.com', 'newsletter', {});
      await put('changed@example.com', 'verification-code', { number: 7 });
      // A worker of the old version had one in its hands, and died; nobody knows it.
      await sql`
        update outbox set status = 'sending', attempts = 1, next_attempt_at = null,
          lease_owner = ${randomUUID()}, lease_until = now() - interval '1 second'
        where to_address = 'in-hand@example.com'`.execute(connection.db);
      await connection.close();

      const upgraded = await GatepostProcess.serve(envOf(database, server.port));
      await eventually(
        () => recipients(server),
        (all) => all.includes('waits@example.com') && all.includes('in-hand@example.com'),
        40_000,
      );
      const list = () => GatepostProcess.run(['mail', 'list'], envOf(database, server.port));
      const { output } = await eventually(
        list,
        (listed) => !/ (queued|sending) /.test(listed.output),
        20_000,
      );
      for (const [to, status] of [
        ['waits@', 'sent'],
        ['in-hand@', 'sent'],
        ['unknown@', 'failed'],
        ['changed@', 'failed'],
      ])
        expect(output).toMatch(new RegExp(`${status}.*${to}|${to}.*${status}`));
      await upgraded.stop();
      expect(recipients(server)).not.toContain('changed@example.com');
    } finally {
      await server.close();
      await database.drop();
    }
  }, 120_000);

  it('A45: of a newer version is refused by an older one, with what to do, and left as it is', async () => {
    const database = await createTestDatabase();
    const applied = async () => {
      const connection = await open(database);
      const { rows } = await sql<{ name: string }>`
        select name from kysely_migration order by name`.execute(connection.db);
      await connection.close();
      return rows.map(({ name }) => name);
    };
    try {
      const connection = await open(database);
      await sql`insert into kysely_migration (name, timestamp) values ('9998-later', '2030-01-01')`.execute(
        connection.db,
      );
      await connection.close();
      const before = await applied();

      for (const command of ['serve', 'migrate']) {
        const { code, output } = await GatepostProcess.run(
          [command],
          envOf(database, await freePort('127.0.0.1')),
        );
        expect(code).toBe(1);
        expect(output).toContain(
          'was brought up to date by a newer version of Gatepost (9998-later',
        );
        expect(output).toContain('restore the backup');
        expect(output).not.toMatch(/^ {4}at /m);
      }
      expect(await applied()).toEqual(before);
    } finally {
      await database.drop();
    }
  }, 60_000);
});
