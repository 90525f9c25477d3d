import { type DatabaseConnection, openDatabase, sql } from '#database';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { GatepostProcess } from '../harness/process.js';

const OLD = 6_000;
const RECENT = 40;
const WAITING = 25;

describe('G15: mails that have ended long ago', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  /** The database, while no server has it. */
  async function within<T>(work: (connection: DatabaseConnection) => Promise<T>): Promise<T> {
    const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
    const connection = await openDatabase({ dataDir, databaseUrl });
    try {
      return await work(connection);
    } finally {
      await connection.close();
    }
  }

  /** Numbers of mails by status and age in days. */
  const put = (...mails: readonly (readonly [number, string, number])[]) =>
    within(async ({ db }) => {
      for (const [count, status, days] of mails)
        await sql`
        with put as (
          insert into outbox (id, kind, to_address, locale, status, priority, message_id, created_at,
            expires_at, ended_at, sent_at, account)
          select gen_random_uuid(), 'test', 'ada@example.com', 'en', ${status}, 0, '<x@y>',
            now() - make_interval(days => ${days}), now() + interval '1 day',
            case when ${status} = 'sent' then now() - make_interval(days => ${days}) end,
            case when ${status} = 'sent' then now() - make_interval(days => ${days}) end, 'a'
          from generate_series(1, ${count}::int) returning id
        )
        insert into outbox_attempts (outbox_id, stage, outcome, duration_ms)
        select id, 'dot', 'accepted', 1 from put`.execute(db);
    });

  const counted = () =>
    within(async ({ db }) => {
      const { rows } = await sql<{ status: string; mails: number; kept: number; lines: number }>`
        select status, count(*)::int as mails,
          (select sum(mails)::int from outbox_counts as kept where kept.status = outbox.status) as kept,
          (select count(*)::int from outbox_attempts join outbox as mail on mail.id = outbox_id
            where mail.status = outbox.status) as lines
        from outbox where kind = 'test' group by status order by status`.execute(db);
      const orphans = await sql<{ lines: number }>`
        select count(*)::int as lines from outbox_attempts
        where outbox_id not in (select id from outbox)`.execute(db);
      return { rows, orphans: orphans.rows[0]?.lines };
    });

  it('are purged with their timelines, nothing else is, and kill -9 in between does no harm', async () => {
    await put([OLD, 'sent', 31], [RECENT, 'sent', 29], [WAITING, 'held', 31]);
    const env = { ...database.env, SKIP_USER_VERIFICATION: 'true' };
    const first = await GatepostProcess.serve(env);
    await first.stop('SIGKILL');

    const begun = await counted();
    const sent = begun.rows.find(({ status }) => status === 'sent');
    expect(sent?.mails).toBeGreaterThanOrEqual(RECENT);
    expect(begun.orphans).toBe(0);
    for (const { mails, kept, lines } of begun.rows) expect([kept, lines]).toEqual([mails, mails]);

    const second = await GatepostProcess.serve(env);
    await eventually(
      () => second.output,
      (output) => output.includes('mails that ended more than 30 days ago are deleted'),
      20_000,
    );
    expect(await second.stop()).toBe(0);
    expect(await counted()).toEqual({
      rows: [
        { status: 'held', mails: WAITING, kept: WAITING, lines: WAITING },
        { status: 'sent', mails: RECENT, kept: RECENT, lines: RECENT },
      ],
      orphans: 0,
    });
  }, 120_000);

  it('are kept for ever where MAIL_RETENTION is off', async () => {
    await put([1, 'sent', 4_000]);
    const server = await GatepostProcess.serve({
      ...database.env,
      SKIP_USER_VERIFICATION: 'true',
      MAIL_RETENTION: 'off',
    });
    expect(await server.stop()).toBe(0);
    expect((await counted()).rows).toMatchObject([{ status: 'sent', mails: 1 }]);
  }, 60_000);
});
