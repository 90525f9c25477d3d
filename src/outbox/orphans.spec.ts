import { randomUUID } from 'node:crypto';
import { sql } from '#database';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import { Workers } from './workers.service.js';

describe('A40: a mail is taken from its worker', () => {
  let box: TestOutbox;
  let workers: Workers;
  beforeAll(async () => {
    box = await openTestOutbox();
    workers = new Workers(box.connection);
  }, 30_000);
  afterAll(() => box.close());
  beforeEach(() => sql`delete from outbox`.execute(box.connection.db));

  /** A worker that has claimed a mail. */
  async function claimed(): Promise<{ owner: string; id: string }> {
    const owner = randomUUID();
    await workers.enlist(owner);
    await box.put();
    const [mail] = await box.outbox.claim(owner, 1, 400);
    return { owner, id: mail!.id };
  }

  async function declareDead(owner: string): Promise<void> {
    const [beats] = (await workers.beside(randomUUID())).filter(({ id }) => id === owner);
    await workers.declareDead(beats!);
  }

  const leasesAreOver = () =>
    sql`update outbox set lease_until = now() - interval '3 days'`.execute(box.connection.db);

  it('once that is dead, long before the lease of the mail is over', async () => {
    const { owner, id } = await claimed();
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 0 });
    await declareDead(owner);
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 1 });
    const heir = randomUUID();
    expect(await box.outbox.claim(heir, 1, 400)).toMatchObject([{ id, attempts: 2 }]);
  });

  it('who then can settle nothing, nor hand anything back', async () => {
    const { owner, id } = await claimed();
    await declareDead(owner);
    await box.outbox.reclaim('lease-over', randomUUID());
    await box.outbox.claim(randomUUID(), 1, 400);
    expect(await box.outbox.settle(id, owner, { transition: 'accept' }, [])).toBe(false);
    await box.outbox.release(owner, [id]);
    expect(await box.statusOf(id)).toBe('sending');
  });

  it('by what it claims when it is dead already and has not heard of it', async () => {
    const owner = randomUUID();
    await workers.enlist(owner);
    await declareDead(owner);
    await box.put();
    expect(await box.outbox.claim(owner, 1, 400)).toHaveLength(1);
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 1 });
  });

  it('A39: never while that lives, whatever the clock of the database says', async () => {
    await claimed();
    await leasesAreOver();
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 0 });
  });

  it('A39: nor by that worker itself while it has it in hand', async () => {
    const { owner, id } = await claimed();
    await leasesAreOver();
    expect(await box.outbox.reclaim('lease-over', owner)).toMatchObject({ queued: 0 });
    expect(await box.outbox.settle(id, owner, { transition: 'accept' }, [])).toBe(true);
  });

  it('by that worker itself, which has forgotten it', async () => {
    const { owner, id } = await claimed();
    await leasesAreOver();
    box.outbox.forget(id, owner);
    expect(await box.outbox.reclaim('lease-over', owner)).toMatchObject({ queued: 1 });
  });

  it.each(['settled', 'released'] as const)(
    'by that worker itself, of which it knows nothing since it %s it and claimed it again',
    async (how) => {
      const { owner, id } = await claimed();
      if (how === 'released') await box.outbox.release(owner, [id]);
      else
        await box.outbox.settle(
          id,
          owner,
          { transition: 'defer', error: 'Later', retryInSeconds: 0 },
          [],
        );
      // As by a claim whose answer was lost on its way from the database.
      await sql`update outbox set status = 'sending', lease_owner = ${owner}`.execute(
        box.connection.db,
      );
      await leasesAreOver();
      expect(await box.outbox.reclaim('lease-over', owner)).toMatchObject({ queued: 1 });
    },
  );

  it('that nobody knows, when its lease is over', async () => {
    await box.put();
    await box.outbox.claim(randomUUID(), 1, 400);
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 0 });
    await leasesAreOver();
    expect(await box.outbox.reclaim('lease-over', randomUUID())).toMatchObject({ queued: 1 });
  });

  it('and workers that ended long ago are forgotten', async () => {
    const { owner } = await claimed();
    await declareDead(owner);
    await sql`update delivery_workers set ended_at = ended_at - interval '25 hours'`.execute(
      box.connection.db,
    );
    await workers.enlist(randomUUID());
    const { rows } = await sql`select from delivery_workers where id = ${owner}`.execute(
      box.connection.db,
    );
    expect(rows).toEqual([]);
  });
});
