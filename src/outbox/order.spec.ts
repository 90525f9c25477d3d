import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';

const FLOOD = 50_000;
const BATCH = 50;

describe('A42: a flood of a hundred thousand mails', () => {
  let box: TestOutbox;
  beforeAll(async () => {
    box = await openTestOutbox();
    // Put in one after the other, though their ids are in no order.
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, expires_at,
        next_attempt_at)
      select gen_random_uuid(), kind, kind || number || '@example.com', 'en', 'queued', priority,
        '<x@y>', now() + interval '1 hour',
        now() - interval '1 hour' + number * interval '10 milliseconds'
      from (values ('code', 0), ('bulk', 2)) as class (kind, priority),
        generate_series(1, ${FLOOD}::integer) as number
    `.execute(box.connection.db);
  }, 120_000);
  afterAll(() => box.close());

  it('is handed out in its order within a class, a fifth of each batch for bulk', async () => {
    const taken: { kind: string; to: string }[] = [];
    for (let i = 0; i < 20; i += 1) {
      const batch = await box.outbox.claim(randomUUID(), BATCH, 60);
      expect(batch.filter(({ kind }) => kind === 'bulk')).toHaveLength(BATCH / 5);
      taken.push(...batch);
    }
    for (const kind of ['code', 'bulk']) {
      const ofKind = taken.filter((mail) => mail.kind === kind).map(({ to }) => to);
      expect(ofKind).toEqual(ofKind.map((_, i) => `${kind}${i + 1}@example.com`));
    }
  });

  it.each([[[1]], [[2]], [[7]], [[3, 1, 6]]])(
    'keeps a fifth for bulk where a worker takes %j at a time, as its connections get free',
    async (sizes) => {
      const owner = randomUUID();
      const taken: string[] = [];
      for (let i = 0; i < 10 || taken.length % 5 > 0; i += 1) {
        const batch = await box.outbox.claim(owner, sizes[i % sizes.length]!, 60);
        taken.push(...batch.map(({ kind }) => kind));
        // At no time is either class behind by more than a mail.
        const bulk = taken.filter((kind) => kind === 'bulk').length;
        expect([taken.length, bulk]).toEqual([taken.length, Math.floor(taken.length / 5)]);
      }
    },
  );
});
