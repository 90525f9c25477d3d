import { type RawBuilder, sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import { cancelledBy } from './cancel.query.js';
import { pageOf } from './read.query.js';
import { lastAndDue } from './standstill.query.js';
import { thawing } from './thaw.query.js';

/** Of each status. */
const MAILS = 10_000;

/** A step of a plan as PostgreSQL tells of it. Rows are those of a loop, on average. */
interface Step {
  'Relation Name'?: string;
  'Actual Rows': number;
  'Rows Removed by Filter'?: number;
  'Actual Loops': number;
  Plans?: Step[];
}

describe('a long table is not read', () => {
  let box: TestOutbox;
  beforeAll(async () => {
    box = await openTestOutbox();
    const { db } = box.connection;
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, variables,
        expires_at, next_attempt_at, created_at)
      select gen_random_uuid(), 'test', 'person' || number / 4 || '@example.com', 'en', status, 0,
        '<x@y>', case when status = 'queued' then 'x'::bytea end, now() + interval '1 hour', now(),
        now() - number * interval '1 second'
      from (values ('queued'), ('sent')) as of (status),
        generate_series(1, ${MAILS}::integer) as number
    `.execute(db);
    await sql`analyze outbox`.execute(db);
  }, 60_000);
  afterAll(() => box.close());

  /** Mails that are looked at to carry the statement out; it is carried out. */
  async function looksOf(statement: RawBuilder<unknown>): Promise<number> {
    const { rows } = await sql<{ 'QUERY PLAN': { Plan: Step }[] }>`
      explain (analyze, format json) ${statement}`.execute(box.connection.db);
    const all = (step: Step): Step[] => [step, ...(step.Plans ?? []).flatMap(all)];
    return rows
      .flatMap((row) => row['QUERY PLAN'].flatMap(({ Plan }) => all(Plan)))
      .filter((step) => step['Relation Name'] === 'outbox')
      .map((step) => {
        const { 'Actual Rows': kept, 'Rows Removed by Filter': removed = 0 } = step;
        return (kept + removed) * step['Actual Loops'];
      })
      .reduce((sum, looks) => sum + looks);
  }

  it.each([
    ['for the mails to somebody', pageOf({ to: 'person77@example.com' }, 51)],
    ['for those that a newer one ends', cancelledBy('test', 'person78@example.com', 'A newer one')],
    ['for those that a clock has frozen', thawing],
    ['at a start, where nothing stands still', lastAndDue(20)],
  ])('%s', async (_, statement) => {
    expect(await looksOf(statement)).toBeLessThan(100);
  });
});
