import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';

let box: TestOutbox;
beforeAll(async () => {
  box = await openTestOutbox();
}, 30_000);
afterAll(() => box.close());
beforeEach(() => sql`delete from outbox`.execute(box.connection.db));

const claimed = async (limit: number) =>
  (await box.outbox.claim(randomUUID(), limit, 60)).map(({ kind }) => kind).toSorted();

describe('the outbox', () => {
  it('holds a mail if, and only if, the transaction of the caller commits', async () => {
    const { id, ...mail } = await box.put();
    await expect(
      box.connection.db.transaction().execute(async (tx) => {
        await box.outbox.enqueue(tx, {
          ...mail,
          id: randomUUID(),
          messageId: '<other@gatepost.example>',
        });
        throw new Error('something later fails');
      }),
    ).rejects.toThrow('something later fails');
    expect((await box.outbox.list({}, 10)).map((row) => row.id)).toEqual([id]);
  });

  it('lets what a person waits for overtake, and keeps a fifth of a batch for bulk', async () => {
    for (let i = 0; i < 10; i += 1) await box.put({ kind: 'invitation', priority: 2 });
    for (let i = 0; i < 10; i += 1) await box.put({ kind: 'password-reset', priority: 0 });
    expect(await claimed(5)).toEqual(['invitation', ...Array<string>(4).fill('password-reset')]);
    expect(await claimed(10)).toEqual([
      ...Array<string>(4).fill('invitation'),
      ...Array<string>(6).fill('password-reset'),
    ]);
  });

  it('lets nobody wait for bulk that is not due', async () => {
    for (let i = 0; i < 10; i += 1) await box.put({ kind: 'invitation', priority: 2 });
    await sql`update outbox set next_attempt_at = now() + interval '1 hour'`.execute(
      box.connection.db,
    );
    for (let i = 0; i < 10; i += 1) await box.put({ kind: 'password-reset', priority: 0 });
    for (let i = 0; i < 10; i += 1) expect(await claimed(1)).toEqual(['password-reset']);
  });

  it('gives a mail to one worker only', async () => {
    for (let i = 0; i < 20; i += 1) await box.put();
    const batches = await Promise.all(
      Array.from({ length: 10 }, () => box.outbox.claim(randomUUID(), 5, 60)),
    );
    const ids = batches.flat().map(({ id }) => id);
    expect(ids).toHaveLength(20);
    expect(new Set(ids).size).toBe(20);
  });

  it('G06: begins no more than the rate allows, over all workers and what they have sent', async () => {
    const rate = { account: 'a', perMinute: 4, perDay: undefined };
    const worker = randomUUID();
    for (let i = 0; i < 10; i += 1) await box.put();
    const begin = async () =>
      (
        await Promise.all(
          [worker, randomUUID()].map((owner) => box.outbox.claim(owner, 3, 60, rate)),
        )
      ).flat();
    const begun = await begin();
    expect(begun).toHaveLength(4);
    expect(await begin()).toEqual([]);

    await sql`
      update outbox set status = 'sent', sent_at = now(), ended_at = now()
      where status = 'sending'`.execute(box.connection.db);
    expect(await begin()).toEqual([]);
    await sql`update outbox set sent_at = sent_at - interval '61 seconds'`.execute(
      box.connection.db,
    );
    expect(await begin()).toHaveLength(4);
    expect(
      await box.outbox.claim(worker, 3, 60, { ...rate, perMinute: undefined, perDay: 8 }),
    ).toEqual([]);
    expect(
      await box.outbox.claim(worker, 3, 60, { ...rate, perMinute: undefined, perDay: 9 }),
    ).toHaveLength(1);
  });

  it('never hands out what has expired', async () => {
    await box.put({ expiresAt: new Date(Date.now() - 1_000) });
    expect(await claimed(10)).toEqual([]);
    expect(await box.outbox.nextDueInMs()).toBeUndefined();
    expect(await box.outbox.expire()).toEqual({ kinds: ['verification-code'], isPartial: false });
  });

  it('says what an expired mail had waited for, and that coming too late was no try', async () => {
    const { id } = await box.put();
    await sql`
      update outbox set expires_at = now(), attempts = 3, last_error = 'The server was busy'
    `.execute(box.connection.db);
    await claimed(10);
    expect(await box.outbox.find(id)).toMatchObject({
      status: 'expired',
      attempts: 3,
      lastError: 'It expired before a server took it. The last try: The server was busy',
    });
    expect((await box.outbox.expire()).kinds).toEqual(['verification-code']);
  });

  it('ends thousands that have expired in steps, and claims nothing slower for them', async () => {
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, variables, message_id,
        expires_at, next_attempt_at)
      select gen_random_uuid(), 'test', 'ada@example.com', 'en', 'queued', 0, 'x', '<x@y>',
        now() - interval '1 minute', now() - interval '1 hour' from generate_series(1, 2500)
    `.execute(box.connection.db);
    // Ten are met by the claim, and no more of them are looked at.
    expect(await claimed(10)).toEqual([]);
    const steps = [];
    for (let i = 0; i < 3; i += 1) steps.push(await box.outbox.expire());
    expect(steps.map(({ kinds }) => kinds.length)).toEqual([1010, 1000, 490]);
    expect(steps.map(({ isPartial }) => isPartial)).toEqual([true, true, false]);
  });

  it('G15: removes dead versions of rows from the embedded database, which has no autovacuum', async () => {
    const dead = async () => {
      const { rows } = await sql<{ dead: number }>`
        select coalesce(sum(n_dead_tup), 0)::int as dead from pg_stat_user_tables
        where relname in ('outbox', 'outbox_counts')`.execute(box.connection.db);
      return rows[0]?.dead;
    };
    await sql`
      insert into outbox (id, kind, to_address, locale, status, priority, message_id, expires_at)
      select gen_random_uuid(), 'test', 'ada@example.com', 'en', 'held', 0, '<x@y>', now()
      from generate_series(1, 21000)`.execute(box.connection.db);
    await sql`update outbox set attempts = 1`.execute(box.connection.db);
    // Statistics are written down once a second, unless asked for.
    await sql`select pg_stat_force_next_flush()`.execute(box.connection.db);
    expect(await dead()).toBeGreaterThan(20_000);
    await box.outbox.tidy();
    expect(await dead()).toBe(0);
  });

  it('says when the next mail is due', async () => {
    expect(await box.outbox.nextDueInMs()).toBeUndefined();
    const { id } = await box.put({ priority: 2 });
    await sql`update outbox set next_attempt_at = now() + interval '3 seconds' where id = ${id}`.execute(
      box.connection.db,
    );
    const ms = await box.outbox.nextDueInMs();
    expect(ms).toBeGreaterThan(2_000);
    expect(ms).toBeLessThanOrEqual(3_000);
  });

  it('F08: keeps codes sealed, and refuses one that was moved to another row', async () => {
    const { id } = await box.put({ variables: { code: '271828' } });
    const { id: other } = await box.put();
    const { rows } = await sql<{ dump: string }>`select outbox::text as dump from outbox`.execute(
      box.connection.db,
    );
    expect(rows.map(({ dump }) => dump).join()).not.toContain('271828');
    expect(rows.map(({ dump }) => dump).join()).not.toContain(
      Buffer.from('271828').toString('hex'),
    );
    await sql`
      update outbox set variables = (select variables from outbox where id = ${id})
      where id = ${other}`.execute(box.connection.db);
    const mails = await box.outbox.claim(randomUUID(), 10, 60);
    const moved = mails.find((mail) => mail.id === other);
    expect(() => box.outbox.open(moved!)).toThrow();
  });

  it('keeps the secret of a failed mail until the code in it dies or is replaced', async () => {
    const worker = randomUUID();
    const { id } = await box.put();
    await box.outbox.claim(worker, 1, 60);
    const attempt = {
      account: 'environment',
      stage: 'rcpt',
      outcome: 'rejected' as const,
      replyCode: 550,
      enhancedCode: '5.1.1',
      reply: 'No such user',
      durationMs: 3,
      transcript: [],
    };
    await box.outbox.settle(id, worker, { transition: 'reject', error: 'No such user' }, [attempt]);
    await box.connection.db
      .transaction()
      .execute((tx) =>
        box.outbox.cancelWaiting(
          tx,
          'verification-code',
          'ada@example.com',
          'A newer code replaced it',
        ),
      );
    expect(await box.statusOf(id)).toBe('failed');
    expect(await box.outbox.retry(id)).toBe(false);
    expect(await box.outbox.timeline(id)).toEqual([
      { ...attempt, at: expect.any(Date), transcript: [], code: null, sentence: null },
    ]);
  });
});
