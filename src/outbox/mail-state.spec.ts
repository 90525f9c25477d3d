import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import type { Attempt } from './mail.js';
import { mailStatuses, type MailStatus, type Transition, transitions } from './mail-state.js';

const owner = randomUUID();
const attempt: Attempt = {
  account: 'environment',
  stage: 'dot',
  outcome: 'accepted',
  replyCode: 250,
  enhancedCode: '2.0.0',
  reply: 'Ok',
  durationMs: 12,
  transcript: ['C: QUIT'],
};

let box: TestOutbox;
beforeAll(async () => {
  box = await openTestOutbox();
}, 30_000);
afterAll(() => box.close());

/** A mail in this state, as if it had come there by itself. */
async function mailIn(status: MailStatus): Promise<string> {
  await sql`delete from outbox`.execute(box.connection.db);
  const { id } = await box.put();
  await sql`
    update outbox set status = ${status}, ended_at = ${['queued', 'sending', 'held'].includes(status) ? null : sql`now()`},
      lease_owner = ${status === 'sending' ? owner : null},
      lease_until = ${status === 'sending' ? sql`now() - interval '1 second'` : null}
    where id = ${id}`.execute(box.connection.db);
  return id;
}

const acts: Record<Transition, (id: string) => Promise<unknown>> = {
  claim: () => box.outbox.claim(owner, 10, 60),
  accept: (id) => box.outbox.settle(id, owner, { transition: 'accept' }, [attempt]),
  reject: (id) => box.outbox.settle(id, owner, { transition: 'reject', error: 'No' }, [attempt]),
  defer: (id) =>
    box.outbox.settle(id, owner, { transition: 'defer', error: 'Later', retryInSeconds: 5 }, [
      attempt,
    ]),
  doubt: (id) =>
    box.outbox.settle(id, owner, { transition: 'doubt', error: '?', retryInSeconds: 5 }, [attempt]),
  release: (id) => box.outbox.release(owner, [id]),
  reclaim: () => box.outbox.reclaim('lease-over'),
  quarantine: async (id) => {
    await sql`update outbox set suspicion = 2 where id = ${id}`.execute(box.connection.db);
    await box.outbox.reclaim('lease-over');
  },
  hold: (id) => box.outbox.settle(id, owner, { transition: 'hold', error: 'No' }, [attempt]),
  expire: async (id) => {
    await sql`update outbox set expires_at = now() - interval '1 second' where id = ${id}`.execute(
      box.connection.db,
    );
    await box.outbox.expire();
    await box.outbox.settle(id, owner, { transition: 'expire', error: 'Too late' }, [attempt]);
  },
  cancel: (id) => box.outbox.cancel(id, 'An operator cancelled it'),
  replace: async (id) => {
    await replaced();
    await acts.defer(id);
  },
  retry: (id) => box.outbox.retry(id),
};

const replaced = () =>
  box.connection.db
    .transaction()
    .execute((tx) =>
      box.outbox.cancelWaiting(tx, 'verification-code', 'ada@example.com', 'A newer code'),
    );

describe('the states of a mail', () => {
  const cells = (Object.keys(transitions) as Transition[]).flatMap((transition) =>
    mailStatuses.map((from) => ({ transition, from })),
  );

  it.each(cells)('$transition of a mail that is $from', async ({ transition, from }) => {
    const id = await mailIn(from);
    await acts[transition](id);
    const allowed: readonly MailStatus[] = transitions[transition].from;
    expect(await box.statusOf(id)).toBe(allowed.includes(from) ? transitions[transition].to : from);
  });

  it.each(['defer', 'doubt', 'release', 'reclaim', 'quarantine'] as const)(
    'I8: one that was replaced while it was under way is not queued again by %s',
    async (transition) => {
      const id = await mailIn('sending');
      await replaced();
      await acts[transition](id);
      expect(await box.outbox.find(id)).toMatchObject({
        status: 'cancelled',
        lastError: 'A newer code',
        nextAttemptAt: null,
      });
      expect(await box.outbox.retry(id)).toBe(false);
    },
  );

  it('I8: one that was replaced while it was under way may have been taken all the same', async () => {
    const id = await mailIn('sending');
    await replaced();
    await acts.accept(id);
    expect(await box.outbox.find(id)).toMatchObject({ status: 'sent', lastError: null });
  });

  it('are all reached, and only from one another or from the start', () => {
    const reached = new Set<MailStatus>(['queued', 'held', 'skipped']);
    for (const { to } of Object.values(transitions)) reached.add(to);
    expect([...reached].toSorted()).toEqual([...mailStatuses].toSorted());
  });

  it.each(['sent', 'expired', 'cancelled'] as const)(
    'erase the secret of a mail that is %s',
    async (to) => {
      const ways: Record<typeof to, Transition> = {
        sent: 'accept',
        expired: 'expire',
        cancelled: 'cancel',
      };
      const id = await mailIn(to === 'cancelled' ? 'queued' : 'sending');
      await acts[ways[to]](id);
      const { rows } = await sql<{ variables: unknown }>`
      select variables from outbox where id = ${id}`.execute(box.connection.db);
      expect(rows[0]?.variables).toBeNull();
    },
  );
});

describe('a worker that dies', () => {
  const life: Transition[] = [
    'claim',
    'defer',
    'retry',
    'claim',
    'doubt',
    'retry',
    'claim',
    'accept',
  ];

  it.each(life.map((_, length) => life.slice(0, length)))(
    'after %s %s %s %s %s %s %s loses nothing: another one sends the mail',
    async (...prefix) => {
      const id = await mailIn('queued');
      for (const transition of prefix) await acts[transition](id);

      const successor = randomUUID();
      await box.outbox.reclaim('all');
      await box.outbox.retry(id);
      const [mail] = await box.outbox.claim(successor, 10, 60);
      expect(mail?.id).toBe(id);
      expect(box.outbox.open(mail!)).toEqual({ code: '004217' });
      expect(await box.outbox.settle(id, owner, { transition: 'accept' }, [attempt])).toBe(false);
      expect(await box.outbox.settle(id, successor, { transition: 'accept' }, [attempt])).toBe(
        true,
      );
      expect(await box.statusOf(id)).toBe('sent');
    },
  );
});
