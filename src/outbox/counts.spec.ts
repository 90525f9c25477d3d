import { randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import type { Attempt, Settlement } from './mail.js';

let box: TestOutbox;
beforeAll(async () => {
  box = await openTestOutbox();
}, 30_000);
afterAll(() => box.close());
beforeEach(() => sql`delete from outbox`.execute(box.connection.db));

const attempt: Attempt = {
  account: 'a',
  stage: 'dot',
  outcome: 'accepted',
  replyCode: 250,
  enhancedCode: undefined,
  reply: 'Ok',
  durationMs: 1,
  transcript: [],
};

/** What the outbox has counted, and what there is: the same, if all is well. */
async function counts() {
  const { rows } = await sql<{ kept: unknown; counted: unknown }>`
    select
      (select jsonb_object_agg(status, mails order by status) from (
        select status, sum(mails) as mails from outbox_counts group by status having sum(mails) <> 0
      ) as sums) as kept,
      (select jsonb_object_agg(status, mails order by status) from (
        select status, count(*) as mails from outbox group by status
      ) as sums) as counted
  `.execute(box.connection.db);
  return rows[0]!;
}

/** By account, in the last day. */
async function sentToday() {
  const { rows } = await sql<{ kept: unknown; counted: unknown }>`
    select
      (select jsonb_object_agg(account, mails) from (
        select account, sum(mails) as mails from outbox_counts
        where status = 'sent' and minute > now() - interval '1 day 1 minute'
        group by account having sum(mails) <> 0
      ) as sums) as kept,
      (select jsonb_object_agg(account, mails) from (
        select account, count(*) as mails from outbox
        where status = 'sent'
          and date_trunc('minute', sent_at) > now() - interval '1 day 1 minute' group by account
      ) as sums) as counted
  `.execute(box.connection.db);
  return rows[0]!;
}

const owners = [randomUUID(), randomUUID()];
const owner = fc.constantFrom(...owners);
const settlement = fc.constantFrom<Settlement>(
  { transition: 'accept' },
  { transition: 'accept' },
  { transition: 'reject', error: 'No' },
  { transition: 'defer', error: 'Later', retryInSeconds: 0 },
  { transition: 'expire', error: 'Too late' },
);
const status = fc.constantFrom(
  'queued' as const,
  'queued' as const,
  'held' as const,
  'skipped' as const,
);

/** What may happen to an outbox, one step each; `which` picks a mail. */
const step = fc.oneof(
  fc.record({ act: fc.constant('put' as const), status, mails: fc.nat(5) }),
  fc.record({ act: fc.constant('put and fail' as const), status }),
  fc.record({ act: fc.constant('claim' as const), owner, limit: fc.integer({ min: 1, max: 8 }) }),
  fc.record({ act: fc.constant('settle' as const), owner, settlement, fails: fc.boolean() }),
  fc.record({ act: fc.constant('release' as const), owner }),
  fc.record({ act: fc.constant('die' as const) }),
  fc.record({ act: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ act: fc.constant('retry' as const), which: fc.nat() }),
  fc.record({ act: fc.constant('expire' as const), which: fc.nat() }),
  fc.record({ act: fc.constant('grow old' as const), hours: fc.integer({ min: 1, max: 40 }) }),
  fc.record({ act: fc.constant('purge' as const) }),
  fc.record({ act: fc.constant('tidy' as const) }),
);

async function pick(which: number): Promise<string> {
  const { rows } = await sql<{ id: string }>`select id from outbox order by id`.execute(
    box.connection.db,
  );
  return rows[which % Math.max(1, rows.length)]?.id ?? randomUUID();
}

async function heldBy(who: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    select id from outbox where lease_owner = ${who}`.execute(box.connection.db);
  return rows.map(({ id }) => id);
}

async function take(one: typeof step extends fc.Arbitrary<infer T> ? T : never): Promise<unknown> {
  const { outbox, connection } = box;
  switch (one.act) {
    case 'put':
      for (let i = 0; i < one.mails; i += 1) await box.put({ status: one.status });
      return;
    case 'put and fail':
      return connection.db
        .transaction()
        .execute(async (tx) => {
          await sql`insert into outbox (id, kind, to_address, locale, status, priority, message_id,
            expires_at) values (${randomUUID()}, 'test', 'a@b.c', 'en', ${one.status}, 0, '<x@y>',
            now())`.execute(tx);
          throw new Error('something later fails');
        })
        .catch(() => undefined);
    case 'claim':
      return outbox.claim(one.owner, one.limit, 400, {
        account: 'a',
        perMinute: undefined,
        perDay: undefined,
      });
    case 'settle': {
      const ids = await heldBy(one.owner);
      // A line that can not be written takes its settlement with it.
      const line = one.fails ? { ...attempt, outcome: 'no outcome' as 'accepted' } : attempt;
      return Promise.allSettled(
        ids.map((id) => outbox.settle(id, one.owner, one.settlement, [line])),
      );
    }
    case 'release':
      return outbox.release(one.owner, await heldBy(one.owner));
    case 'die':
      return outbox.reclaim('all');
    case 'cancel':
      return outbox.cancel(await pick(one.which), 'An operator cancelled it');
    case 'retry':
      return outbox.retry(await pick(one.which));
    case 'expire':
      await sql`update outbox set expires_at = now() where id = ${await pick(one.which)}`.execute(
        connection.db,
      );
      return outbox.expire();
    case 'grow old':
      return sql`
        update outbox set created_at = created_at - make_interval(hours => ${one.hours}),
          sent_at = sent_at - make_interval(hours => ${one.hours}),
          ended_at = ended_at - make_interval(hours => ${one.hours})
      `.execute(connection.db);
    case 'purge':
      return outbox.purge(1);
    case 'tidy':
      return outbox.tidy();
    default:
      return one satisfies never;
  }
}

describe('G04: the counts', () => {
  it('are what there is, whatever happens, after each step', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
        for (const one of steps) {
          await take(one);
          const { kept, counted } = await counts();
          expect([one.act, kept]).toEqual([one.act, counted]);
          const sent = await sentToday();
          expect([one.act, sent.kept]).toEqual([one.act, sent.counted]);
        }
      }),
      { numRuns: 40 },
    );
  }, 120_000);

  it('stay short: what has been added up is one line, and a day of sent mails its minutes', async () => {
    for (let i = 0; i < 50; i += 1) await box.put();
    await Promise.all([box.outbox.tidy(), box.outbox.tidy()]);
    const { rows } = await sql`select status, mails from outbox_counts`.execute(box.connection.db);
    expect(rows).toEqual([{ status: 'queued', mails: '50' }]);

    await sql`
      update outbox set status = 'sent', account = 'a', ended_at = now(),
        sent_at = now() - make_interval(mins => (random() * 2880)::int)`.execute(box.connection.db);
    await box.outbox.tidy();
    const { rows: after } = await sql<{ old: string; lines: string; minutes: string }>`
      select sum(mails) filter (where minute is null) as old, count(*) as lines,
        count(distinct minute) as minutes from outbox_counts`.execute(box.connection.db);
    expect(Number(after[0]!.lines)).toBe(Number(after[0]!.minutes) + 1);
    expect(Number(after[0]!.old)).toBeGreaterThan(0);
    expect(await counts()).toEqual({ kept: { sent: 50 }, counted: { sent: 50 } });
  });

  it('begin anew where the table is emptied by hand', async () => {
    await box.put();
    await sql`truncate outbox`.execute(box.connection.db);
    expect(await counts()).toEqual({ kept: null, counted: null });
    expect(await box.outbox.size()).toEqual({ waiting: {}, oldestSeconds: 0 });
  });
});
