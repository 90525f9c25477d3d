import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type DatabaseConnection, type Db, migrate, openDatabase, sql } from '#database';
import { Vault } from '#vault';
import { OneTimeTokens } from './one-time-tokens.service.js';

const dataDir = mkdtempSync(join(tmpdir(), 'gatepost-'));
let connection: DatabaseConnection;
let db: Db;
let tokens: OneTimeTokens;

beforeAll(async () => {
  connection = await openDatabase({ databaseUrl: undefined, dataDir });
  db = connection.db;
  await migrate(db);
  tokens = new OneTimeTokens(db, new Vault(randomBytes(32)));
}, 30_000);
afterAll(async () => {
  await connection.close();
  rmSync(dataDir, { recursive: true });
});

const ada = () => ({ subject: `ada-${randomUUID()}@example.com`, reference: randomUUID() });
const issueCode = (about: { subject: string; reference: string }) =>
  db.transaction().execute((tx) => tokens.issueCode(tx, about));
const spend = (grant: { id: string; subject: string; reference: string }) =>
  db.transaction().execute((tx) => tokens.spend(tx, grant));
const wrong = (code: string, by = 1) => String((Number(code) + by) % 1_000_000).padStart(6, '0');
const pass = (interval: string) =>
  sql`update one_time_tokens set expires_at = expires_at - ${interval}::interval`.execute(db);

describe('a code', () => {
  it('stands for what it was made for, and is spent once', async () => {
    const about = ada();
    const { secret } = await issueCode(about);
    const grant = await tokens.tryCode(about.subject, secret);
    expect(grant).toMatchObject(about);
    expect(await Promise.all([spend(grant!), spend(grant!)])).toEqual([true, false]);
    expect(await tokens.tryCode(about.subject, secret)).toBeUndefined();
  });

  it('D06: of 200 guesses at once exactly 5 are looked at', async () => {
    const about = ada();
    const { secret } = await issueCode(about);
    await Promise.all(
      Array.from({ length: 200 }, (_, i) => tokens.tryCode(about.subject, wrong(secret, i + 1))),
    );
    const row = await db
      .selectFrom('one_time_tokens')
      .select('tries')
      .where('subject', '=', about.subject)
      .executeTakeFirstOrThrow();
    expect(row.tries).toBe(5);
  });

  it('D05: is dead after five wrong tries, and alive after four', async () => {
    for (const [tries, alive] of [
      [4, true],
      [5, false],
    ] as const) {
      const about = ada();
      const { secret } = await issueCode(about);
      for (let i = 0; i < tries; i++)
        expect(await tokens.tryCode(about.subject, wrong(secret))).toBeUndefined();
      expect((await tokens.tryCode(about.subject, secret)) !== undefined).toBe(alive);
    }
  });

  it('D07: shares fifteen tries an hour with every other code of its address', async () => {
    const about = ada();
    for (let code = 0; code < 3; code++) {
      const { secret } = await issueCode(about);
      for (let i = 0; i < 5; i++) await tokens.tryCode(about.subject, wrong(secret));
    }
    const { secret } = await issueCode(about);
    expect(await tokens.tryCode(about.subject, secret)).toBeUndefined();

    await sql`update code_budgets set window_start = window_start - interval '61 minutes'
      where subject = ${about.subject}`.execute(db);
    expect(await tokens.tryCode(about.subject, secret)).toMatchObject(about);
  });

  it('D11: is worth nothing for another address', async () => {
    const [one, other] = [ada(), ada()];
    const { secret } = await issueCode(one);
    await db.transaction().execute((tx) =>
      sql`update one_time_tokens set subject = ${other.subject}
        where subject = ${one.subject}`.execute(tx),
    );
    expect(await tokens.tryCode(other.subject, secret)).toBeUndefined();
  });

  it('D17: ends the one before it, even when that has just been found right', async () => {
    const about = ada();
    const old = await issueCode(about);
    const grant = await tokens.tryCode(about.subject, old.secret);
    const newest = await Promise.all(Array.from({ length: 10 }, () => issueCode(about)));
    expect(await spend(grant!)).toBe(false);
    const live = await db
      .selectFrom('one_time_tokens')
      .selectAll()
      .where('subject', '=', about.subject)
      .where('spent_at', 'is', null)
      .execute();
    expect(live).toHaveLength(1);
    expect(await tokens.tryCode(about.subject, newest.at(-1)!.secret)).toMatchObject(about);
  });

  it('survives a failure of the transaction that spends it', async () => {
    const about = ada();
    const { secret } = await issueCode(about);
    const grant = await tokens.tryCode(about.subject, secret);
    const failing = db.transaction().execute(async (tx) => {
      await tokens.spend(tx, grant!);
      throw new Error('later');
    });
    await expect(failing).rejects.toThrow('later');
    expect(await spend((await tokens.tryCode(about.subject, secret))!)).toBe(true);
  });

  it('D16: lives ten minutes and not longer', async () => {
    const about = ada();
    const { secret } = await issueCode(about);
    await pass('9 minutes 58 seconds');
    expect(await tokens.tryCode(about.subject, secret)).toBeDefined();
    await pass('2 seconds');
    expect(await tokens.tryCode(about.subject, secret)).toBeUndefined();
  });

  it('D45: is nowhere in the database', async () => {
    const about = ada();
    const { secret } = await issueCode(about);
    const row = await db
      .selectFrom('one_time_tokens')
      .selectAll()
      .where('subject', '=', about.subject)
      .executeTakeFirstOrThrow();
    expect(row.digest).toHaveLength(32);
    expect(JSON.stringify({ ...row, subject: '', id: '', reference: '' })).not.toContain(secret);
  });
});

describe('a link', () => {
  const issue = (purpose: 'password-reset' | 'invitation', about: ReturnType<typeof ada>) =>
    db.transaction().execute((tx) => tokens.issueLink(tx, purpose, about));

  it('can be looked at as often as one likes, and is spent once', async () => {
    const about = ada();
    const { secret } = await issue('password-reset', about);
    for (let i = 0; i < 50; i++) await tokens.peekLink(db, 'password-reset', secret);
    const grant = await tokens.peekLink(db, 'password-reset', secret);
    expect(grant).toMatchObject(about);
    expect(await Promise.all([spend(grant!), spend(grant!)])).toEqual([true, false]);
    expect(await tokens.peekLink(db, 'password-reset', secret)).toBeUndefined();
  });

  it('D12: is worth nothing for another purpose', async () => {
    const { secret } = await issue('password-reset', ada());
    expect(await tokens.peekLink(db, 'invitation', secret)).toBeUndefined();
  });

  it('ends with the others of its address, and of no other address', async () => {
    const [one, other] = [ada(), ada()];
    const links = await Promise.all([
      issue('invitation', one),
      issue('invitation', one),
      issue('invitation', other),
    ]);
    await db.transaction().execute((tx) => tokens.revoke(tx, 'invitation', one.subject));
    const found = await Promise.all(
      links.map(({ secret }) => tokens.peekLink(db, 'invitation', secret)),
    );
    expect(found).toEqual([undefined, undefined, expect.objectContaining(other)]);
  });

  it('D14: is not found by what is no token', async () => {
    for (const input of ['', ' ', 'null', 'undefined', '0', 'a'.repeat(10_000)])
      expect(await tokens.peekLink(db, 'password-reset', input)).toBeUndefined();
  });
});
