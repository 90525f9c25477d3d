import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import { endedStatuses, mailStatuses, waitingStatuses } from './mail-state.js';
import { PURGE_STEP } from './purge.query.js';

let box: TestOutbox;
beforeAll(async () => {
  box = await openTestOutbox();
}, 30_000);
afterAll(() => box.close());
beforeEach(() => sql`delete from outbox`.execute(box.connection.db));

/** Mails that ended so many days ago, with a line each in their timelines. */
async function old(status: string, days: number, mails = 1): Promise<void> {
  const ended = sql`case when ${status} in ('queued', 'sending', 'held') then null
    else now() - make_interval(days => ${days}) end`;
  await sql`
    with put as (
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, created_at,
        expires_at, ended_at)
      select gen_random_uuid(), 'test', ${status}, 'en', ${status}, 0, '<x@y>',
        now() - make_interval(days => ${days}, secs => 1), now(), ${ended}
      from generate_series(1, ${mails}::int) returning id
    )
    insert into outbox_attempts (outbox_id, stage, outcome, duration_ms)
    select id, 'dot', 'accepted', 1 from put
  `.execute(box.connection.db);
}

const left = async (table: 'outbox' | 'outbox_attempts') => {
  const { rows } = await sql<{ mails: number }>`
    select count(*)::int as mails from ${sql.table(table)}`.execute(box.connection.db);
  return rows[0]?.mails;
};

beforeEach(() => sql`delete from outbox_attempts`.execute(box.connection.db));

describe('G15: the purge', () => {
  it('deletes what has ended for long enough, with its timeline, and nothing else', async () => {
    for (const status of mailStatuses) {
      await old(status, 31);
      await old(status, 29);
    }
    expect(await box.outbox.purge(30)).toBe(endedStatuses.length);
    const mails = await box.outbox.list({}, 100);
    const twice = waitingStatuses.length * 2 + endedStatuses.length;
    expect(mails).toHaveLength(twice);
    expect(await left('outbox_attempts')).toBe(twice);
    for (const status of waitingStatuses)
      expect(mails.filter((mail) => mail.status === status)).toHaveLength(2);
    expect(await box.outbox.purge(30)).toBe(0);
  });

  it('goes by the end of a mail, not by its beginning', async () => {
    await old('sent', 31);
    await sql`update outbox set ended_at = now() - interval '29 days'`.execute(box.connection.db);
    expect(await box.outbox.purge(30)).toBe(0);
  });

  it('leaves a failed mail that can still be tried again', async () => {
    const { id } = await box.put({ lifetimeSeconds: 7 * 86_400 });
    await sql`
      update outbox set status = 'failed', created_at = now() - interval '3 days',
        ended_at = now() - interval '2 days'`.execute(box.connection.db);
    expect(await box.outbox.purge(1)).toBe(0);
    expect(await box.outbox.retry(id)).toBe(true);
  });

  it('goes in small steps, the oldest first, and several at once share them', async () => {
    await old('sent', 40, PURGE_STEP);
    await old('sent', 50, PURGE_STEP);
    await old('cancelled', 50, 10);
    expect(await box.outbox.purge(45)).toBe(PURGE_STEP);
    const steps = await Promise.all([1, 2, 3].map(() => box.outbox.purge(30)));
    expect(steps.reduce((sum, step) => sum + step)).toBe(PURGE_STEP + 10);
    expect(await left('outbox')).toBe(0);
    expect(await left('outbox_attempts')).toBe(0);
  });

  it('keeps what an account has sent today counted, with the shortest retention', async () => {
    const { id } = await box.put();
    const worker = randomUUID();
    const quota = { account: 'a', perMinute: undefined, perDay: 1 };
    await box.outbox.claim(worker, 1, 60, quota);
    await box.outbox.settle(id, worker, { transition: 'accept' }, [
      {
        account: 'a',
        stage: 'dot',
        outcome: 'accepted',
        replyCode: 250,
        enhancedCode: undefined,
        reply: 'Ok',
        durationMs: 1,
        transcript: [],
      },
    ]);
    await box.outbox.purge(1);
    await box.outbox.tidy();
    expect(await box.outbox.canSend(quota)).toBe(false);
  });
});
