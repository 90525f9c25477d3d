import { Logger } from '@nestjs/common';
import type { Settings } from '#settings';
import { sql } from '#database';
import { eventually } from '../../test/harness/eventually.js';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import { OutboxUpkeep } from './outbox-upkeep.service.js';
import { THAW_STEP } from './thaw.query.js';

describe('A39: the clock of the database is set back', () => {
  let box: TestOutbox;
  let upkeep: OutboxUpkeep;
  beforeAll(async () => {
    Logger.overrideLogger(false);
    box = await openTestOutbox();
    upkeep = new OutboxUpkeep(box.outbox, { mailRetentionDays: 'off' } as Settings);
  }, 30_000);
  afterAll(async () => {
    await upkeep.onModuleDestroy();
    await box.close();
  });

  it('no mail waits for the time it was, and those that wait for a planned try still do', async () => {
    const frozen = THAW_STEP + 500;
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, expires_at,
        next_attempt_at)
      select gen_random_uuid(), 'test', 'ada@example.com', 'en', 'queued', number % 3, '<x@y>',
        now() + interval '1 day', now() + interval '3 hours'
      from generate_series(1, ${frozen}::integer) as number
    `.execute(box.connection.db);
    const { id } = await box.put();
    await sql`
      update outbox set next_attempt_at = now() + interval '1 hour' where id = ${id}
    `.execute(box.connection.db);
    const due = async () => {
      const { rows } = await sql<{ mails: number }>`
        select count(*)::int as mails from outbox where next_attempt_at <= now()
      `.execute(box.connection.db);
      return rows[0]?.mails;
    };
    expect(await due()).toBe(0);
    upkeep.onApplicationBootstrap();
    await eventually(due, (mails) => mails === frozen);
    expect(await due()).toBe(frozen);
  });
});
