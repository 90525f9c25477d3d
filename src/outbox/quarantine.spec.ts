import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import type { Attempt } from './mail.js';

const attempt: Attempt = {
  account: 'environment',
  stage: 'dot',
  outcome: 'accepted',
  replyCode: 250,
  enhancedCode: undefined,
  reply: 'Ok',
  durationMs: 1,
  transcript: [],
};

let box: TestOutbox;
beforeAll(async () => {
  box = await openTestOutbox();
}, 30_000);
afterAll(() => box.close());
beforeEach(() => sql`delete from outbox`.execute(box.connection.db));

/** A worker takes at most so many mails. @returns their ids */
const take = async (owner: string, limit = 20) =>
  (await box.outbox.claim(owner, limit, 400)).map(({ id }) => id);

/** A worker of its own takes what it gets and dies. */
async function dieSending(limit?: number): Promise<string[]> {
  const ids = await take(randomUUID(), limit);
  await box.outbox.reclaim('all');
  return ids;
}

describe('A43: a mail whose worker dies', () => {
  it('alone, twice in a row, is held, named, and not tried a third time', async () => {
    const { id } = await box.put();
    expect(await dieSending()).toEqual([id]);
    const worker = randomUUID();
    expect(await take(worker)).toEqual([id]);
    expect(await box.outbox.reclaim('all')).toEqual({
      queued: 0,
      held: [{ id, kind: 'verification-code' }],
    });
    expect(await take(worker)).toEqual([]);
    expect(await box.outbox.find(id)).toMatchObject({
      status: 'held',
      nextAttemptAt: null,
      lastError: expect.stringMatching(/^The worker died twice while sending this mail\./),
    });
    expect((await box.outbox.timeline(id)).map(({ outcome }) => outcome)).toEqual([
      'unknown',
      'unknown',
    ]);
  });

  it('is let out once by an operator, and held again where that ends another worker', async () => {
    const { id } = await box.put();
    await dieSending();
    await dieSending();
    expect(await box.outbox.retry(id)).toBe(true);
    expect(await dieSending()).toEqual([id]);
    expect(await box.statusOf(id)).toBe('held');

    await box.outbox.retry(id);
    const worker = randomUUID();
    await take(worker);
    expect(await box.outbox.settle(id, worker, { transition: 'accept' }, [attempt])).toBe(true);
    expect(await box.statusOf(id)).toBe('sent');
  });

  it('is suspected no longer once a server has said anything about it', async () => {
    const { id } = await box.put();
    for (let i = 0; i < 4; i += 1) {
      await dieSending();
      const worker = randomUUID();
      await take(worker);
      await box.outbox.settle(
        id,
        worker,
        { transition: 'defer', error: 'Later', retryInSeconds: 0 },
        [{ ...attempt, outcome: 'deferred' }],
      );
    }
    expect(await box.statusOf(id)).toBe('queued');
  });

  it.each(['handed back', 'excused'] as const)(
    'counts no worker that ends in order: %s',
    async (how) => {
      const { id } = await box.put();
      for (let i = 0; i < 4; i += 1) {
        const worker = randomUUID();
        expect(await take(worker)).toEqual([id]);
        await box.outbox.excuse(worker);
        if (how === 'handed back') await box.outbox.release(worker, [id]);
        else await box.outbox.reclaim('all');
      }
      await dieSending();
      expect(await box.statusOf(id)).toBe('queued');
    },
  );

  it('is found among many, and none of the others is held', async () => {
    const many = await Promise.all(Array.from({ length: 30 }, () => box.put()));
    const culprit = many[17]!.id;
    let deaths = 0;
    for (let tries = 0; tries < 200; tries += 1) {
      const worker = randomUUID();
      const taken = await take(worker);
      if (taken.includes(culprit)) {
        deaths += 1;
        await box.outbox.reclaim('all');
        continue;
      }
      for (const id of taken)
        await box.outbox.settle(id, worker, { transition: 'accept' }, [attempt]);
    }
    expect(deaths).toBe(3);
    expect(await box.outbox.size()).toMatchObject({ waiting: { held: 1 } });
    expect(await box.statusOf(culprit)).toBe('held');
  });

  it('no mail is held for a power failure, however many were in hand, again and again', async () => {
    for (let i = 0; i < 30; i += 1) await box.put();
    for (let i = 0; i < 2; i += 1) await dieSending(30);
    expect(await box.outbox.size()).toMatchObject({ waiting: { queued: 30 } });
  });

  it('is tried alone, yet not for long where a server hangs; others are not held up', async () => {
    for (let i = 0; i < 3; i += 1) await box.put();
    await dieSending();
    const worker = randomUUID();
    expect(await take(worker)).toHaveLength(1);
    expect(await take(worker)).toEqual([]);
    const { id: fresh } = await box.put();
    expect(await take(worker)).toEqual([fresh]);
    await sql`update outbox set lease_until = lease_until - interval '2 seconds'`.execute(
      box.connection.db,
    );
    expect(await take(worker)).toHaveLength(1);
    expect(await take(randomUUID())).toHaveLength(1);
  });
});
