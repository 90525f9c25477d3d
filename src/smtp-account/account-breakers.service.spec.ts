import { randomBytes } from 'node:crypto';
import { Logger } from '@nestjs/common';
import { type DatabaseConnection, migrate, openDatabase, sql } from '#database';
import type { Verdict } from '#smtp';
import { Vault } from '#vault';
import { createTestDatabase, type TestDatabase } from '../../test/harness/database.js';
import { eventually } from '../../test/harness/eventually.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { AccountBreakers } from './account-breakers.service.js';
import { readHealth } from './health.query.js';

const account = accountFor({ port: 2525, options: {}, ca: '' });
const mended = { ...account, auth: { ...account.auth, password: 'the right one' } };

const verdict = (outcome: Verdict['outcome'], more: Partial<Verdict> = {}): Verdict => ({
  outcome,
  stage: 'tcp',
  replyCode: undefined,
  enhancedCode: undefined,
  reply: undefined,
  sentence: 'Nothing listens there.',
  durationMs: 1,
  transcript: [],
  ...more,
});
const dead = verdict('account-failed');
const refused = verdict('account-failed', { stage: 'auth', replyCode: 535 });
const accepted = verdict('accepted', { stage: 'dot', replyCode: 250 });

describe('the circuit breaker of an account', () => {
  let database: TestDatabase;
  let connection: DatabaseConnection;
  const vault = new Vault(randomBytes(32));
  const started: AccountBreakers[] = [];

  /** As another process would have them. */
  async function breakers(): Promise<AccountBreakers> {
    const made = new AccountBreakers(connection.db, connection, vault, () => 0);
    await made.onModuleInit();
    started.push(made);
    return made;
  }

  /** The pause is over, on the database's clock. */
  async function pauseIsOver(of: AccountBreakers): Promise<void> {
    await sql`update smtp_account_health set paused_until = now()
      where paused_until is not null`.execute(connection.db);
    await sql`select pg_notify('gatepost_smtp_health', '')`.execute(connection.db);
    await eventually(
      () => of.stateOf(account),
      (state) => state === 'half-open',
    );
  }

  beforeAll(async () => {
    Logger.overrideLogger(false);
    database = await createTestDatabase();
    const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
    connection = await openDatabase({ dataDir, databaseUrl });
    await migrate(connection.db);
  }, 30_000);
  afterEach(async () => {
    for (const each of started.splice(0)) await each.onModuleDestroy();
    await sql`delete from smtp_account_health`.execute(connection.db);
  });
  afterAll(async () => {
    await connection.close();
    await database.drop();
  });

  it('A01: opens at the third dead connection in a row, and a good mail begins the count anew', async () => {
    const ours = await breakers();
    for (const each of [dead, dead, accepted, dead, dead]) await ours.learn(account, each, false);
    expect(ours.stateOf(account)).toBe('closed');
    expect(ours.failureOf(account)).toBe(dead.sentence);
    await ours.learn(account, dead, false);
    expect(ours.stateOf(account)).toBe('open');
    expect(ours.pauseLeft(account)).toBeGreaterThan(500);
    expect(ours.pauseLeft(account)).toBeLessThanOrEqual(1_000);
  });

  it('A21: opens at the first refused sign-in, in every process', async () => {
    const [ours, theirs] = [await breakers(), await breakers()];
    await ours.learn(account, refused, false);
    expect(ours.stateOf(account)).toBe('open');
    const state = await eventually(
      () => theirs.stateOf(account),
      (known) => known === 'open',
    );
    expect(state).toBe('open');
    expect((await breakers()).failureOf(account)).toBe(refused.sentence);
  });

  it('A21: counts refusals that were under way together once', async () => {
    const ours = await breakers();
    await Promise.all(Array.from({ length: 5 }, () => ours.learn(account, refused, false)));
    expect(ours.pauseLeft(account)).toBeLessThanOrEqual(10_000);
  });

  it('A28: lets one of all workers try when the pause is over, and opens for longer if it fails', async () => {
    const [ours, theirs] = [await breakers(), await breakers()];
    await ours.learn(account, refused, false);
    expect(await ours.probe(account)).toBe(false);
    await pauseIsOver(ours);
    const turns = await Promise.all(
      Array.from({ length: 20 }, (_, i) => (i % 2 ? ours : theirs).probe(account)),
    );
    expect(turns.filter(Boolean)).toHaveLength(1);
    await ours.learn(account, refused, true);
    expect(ours.pauseLeft(account)).toBeGreaterThan(50_000);
  });

  it('A28: closes when the one mail goes through; what was begun before the pause does not close it', async () => {
    const ours = await breakers();
    await ours.learn(account, refused, false);
    await ours.learn(account, accepted, false);
    expect(ours.stateOf(account)).toBe('open');
    await pauseIsOver(ours);
    expect(await ours.probe(account)).toBe(true);
    await ours.learn(account, accepted, true);
    expect(ours.stateOf(account)).toBe('closed');
    expect(ours.failureOf(account)).toBeUndefined();
  });

  it('is given back by a try that says nothing about the account', async () => {
    const ours = await breakers();
    await ours.learn(account, refused, false);
    await pauseIsOver(ours);
    expect(await ours.probe(account)).toBe(true);
    await ours.learn(account, verdict('deferred'), true);
    expect(await ours.probe(account)).toBe(true);
  });

  it.each(['failures = 0, paused_until = null', "paused_until = now() + interval '1 minute'"])(
    'hears of what it was not told (%s) when it is not its turn to try',
    async (change) => {
      const ours = await breakers();
      await ours.learn(account, refused, false);
      await pauseIsOver(ours);
      await sql`update smtp_account_health set ${sql.raw(change)}`.execute(connection.db);
      const told = new Promise<void>((resolve) => ours.onChanged(resolve));
      expect(await ours.probe(account)).toBe(false);
      expect(ours.stateOf(account)).toBe((await breakers()).stateOf(account));
      await told;
      await sql`delete from smtp_account_health`.execute(connection.db);
      expect(await ours.probe(account)).toBe(false);
      expect(ours.stateOf(account)).toBe('closed');
    },
  );

  it('is read again where the database could not say', async () => {
    await (await breakers()).learn(account, refused, false);
    await sql`alter table smtp_account_health rename to hidden`.execute(connection.db);
    const ours = await breakers();
    await sql`alter table hidden rename to smtp_account_health`.execute(connection.db);
    const state = await eventually(
      () => ours.stateOf(account),
      (known) => known === 'open',
    );
    expect(state).toBe('open');
  });

  it('A39: is not held by a pause or a try from before the clock was set back', async () => {
    const ours = await breakers();
    await ours.learn(account, refused, false);
    const set = (columns: string) =>
      sql`update smtp_account_health set ${sql.raw(columns)}`.execute(connection.db);
    await set("paused_until = now() + interval '15 minutes'");
    expect((await breakers()).stateOf(account)).toBe('open');
    expect(await ours.probe(account)).toBe(false);
    await set("paused_until = now() + interval '1 day'");
    const later = await breakers();
    expect(later.stateOf(account)).toBe('half-open');
    expect(await later.probe(account)).toBe(true);
    expect(await later.probe(account)).toBe(false);
    await set("probe_until = now() + interval '1 day'");
    expect(await later.probe(account)).toBe(true);
    await later.learn(account, refused, true);
    expect(later.pauseLeft(account)).toBeGreaterThan(50_000);
  });

  it('A30: may be tried at once by who starts after a crash on an embedded database', async () => {
    const crashed = await breakers();
    for (let i = 0; i < 3; i += 1) await crashed.learn(account, dead, false);
    await pauseIsOver(crashed);
    expect(await crashed.probe(account)).toBe(true);
    expect(await crashed.probe(account)).toBe(false);
    expect(await (await breakers()).probe(account)).toBe(true);
  });

  it('is not opened by what is said of recipients, whom strangers choose', async () => {
    const ours = await breakers();
    const denied = verdict('account-failed', { stage: 'rcpt', replyCode: 554 });
    for (let i = 0; i < 5; i += 1) await ours.learn(account, denied, false);
    expect(ours.stateOf(account)).toBe('closed');
  });

  it('knows nothing against other settings: what was mended is tried at once', async () => {
    const ours = await breakers();
    await ours.learn(account, refused, false);
    for (const each of [accepted, dead]) {
      expect(ours.stateOf(mended)).toBe('closed');
      await ours.learn(mended, each, false);
    }
    expect(ours.stateOf(mended)).toBe('closed');
    expect((await breakers()).stateOf(mended)).toBe('closed');
  });

  it('A21: leaves alone what has the old password, ever longer, and not what has the new one', async () => {
    const [old, renewed] = [await breakers(), await breakers()];
    await old.learn(account, refused, false);
    await renewed.learn(mended, accepted, false);
    await pauseIsOver(old);
    expect(await old.probe(account)).toBe(true);
    await old.learn(account, refused, true);
    expect(old.pauseLeft(account)).toBeGreaterThan(50_000);
    expect((await breakers()).stateOf(account)).toBe('open');
    expect((await breakers()).stateOf(mended)).toBe('closed');
    expect(await readHealth(connection.db, [account])).toMatchObject([
      { lastSuccessAt: expect.any(Date), lastFailure: refused.sentence },
    ]);
  });

  it('forgets settings that nobody has had for long', async () => {
    const ours = await breakers();
    await ours.learn(account, refused, false);
    await sql`update smtp_account_health set last_failure_at = now() - interval '31 days'`.execute(
      connection.db,
    );
    await ours.learn(mended, accepted, false);
    const { rows } = await sql`select failures from smtp_account_health`.execute(connection.db);
    expect(rows).toEqual([{ failures: 0 }]);
  });

  it('F03: keeps nothing of which a password could be told', async () => {
    const ours = await breakers();
    const secret = { ...account, auth: { ...account.auth, password: 'canary-4711' } };
    await ours.learn(secret, refused, false);
    const { rows } = await sql`select * from smtp_account_health`.execute(connection.db);
    expect(JSON.stringify(rows)).not.toContain('canary');
  });
});
