import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Workers } from '#outbox';
import { eventually } from '../../test/harness/eventually.js';
import { openTestOutbox, type TestOutbox } from '../../test/harness/outbox.js';
import { type LeasePace, WorkerLease } from './worker-lease.service.js';

/** As ever, ten times faster. */
const pace: LeasePace = { beat: 500, again: 100, valid: 2_500, silence: 3_000 };

describe('the lease of a worker', () => {
  let box: TestOutbox;
  let isAway = false;
  const started: WorkerLease[] = [];
  let workers: Workers;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    box = await openTestOutbox();
    const { db } = box.connection;
    workers = new Workers({
      ...box.connection,
      get db() {
        if (isAway) throw new Error('The database is away');
        return db;
      },
      kind: 'postgresql',
    });
  }, 30_000);
  afterEach(async () => {
    isAway = false;
    for (const lease of started.splice(0)) await lease.end();
  });
  afterAll(() => box.close());

  async function start(): Promise<WorkerLease> {
    const lease = new WorkerLease(workers, pace);
    started.push(lease);
    await lease.begin();
    return lease;
  }

  const isDead = async (owner: string) =>
    !(await workers.beside(randomUUID())).some(({ id }) => id === owner);

  it('is held from the beginning for as long as the database takes its signs of life', async () => {
    const lease = await start();
    const { owner } = lease;
    await start();
    for (let i = 0; i < 40; i += 1) {
      expect(lease.isHeld()).toBe(true);
      await sleep(100);
    }
    expect(lease.owner).toBe(owner);
    expect(await isDead(owner)).toBe(false);
  });

  it('A40: is over for its holder before it is for the others', async () => {
    const lease = await start();
    const { owner } = lease;
    isAway = true;
    await eventually(
      () => lease.isHeld(),
      (held) => !held,
      15_000,
    );
    expect(lease.isHeld()).toBe(false);
    isAway = false;
    expect(await isDead(owner)).toBe(false);
  });

  it('is the same one after an outage in which nobody could take anything from it', async () => {
    const lease = await start();
    const other = await start();
    const { owner } = lease;
    isAway = true;
    await eventually(
      () => lease.isHeld() || other.isHeld(),
      (held) => !held,
      15_000,
    );
    isAway = false;
    let changes = 0;
    lease.onChanged(() => (changes += 1));
    await eventually(
      () => lease.isHeld() && other.isHeld(),
      (held) => held,
      15_000,
    );
    expect(lease.isHeld(owner)).toBe(true);
    expect(changes).toBe(1);
  });

  it('A40: is gone for good once it was declared dead, and another name takes its place', async () => {
    const lease = await start();
    const { owner } = lease;
    const [beats] = (await workers.beside(randomUUID())).filter(({ id }) => id === owner);
    // Between two signs of life nobody can tell.
    expect(await workers.declareDead(beats!)).toBe(true);
    await eventually(
      () => lease.owner,
      (name) => name !== owner,
      15_000,
    );
    expect(lease.isHeld(owner)).toBe(false);
    expect(lease.isHeld()).toBe(true);
    expect(await workers.beat(owner)).toBe(false);
  });

  it('is not taken from who has shown life since', async () => {
    const { owner } = await start();
    const [seen] = (await workers.beside(randomUUID())).filter(({ id }) => id === owner);
    await workers.beat(owner);
    expect(await workers.declareDead(seen!)).toBe(false);
    expect(await isDead(owner)).toBe(false);
  });

  it('of a worker that died is taken by another, who is told', async () => {
    const dead = randomUUID();
    await workers.enlist(dead);
    const lease = await start();
    let changes = 0;
    lease.onChanged(() => (changes += 1));
    await eventually(
      () => isDead(dead),
      (over) => over,
      15_000,
    );
    await eventually(
      () => changes,
      (count) => count === 1,
    );
    expect(changes).toBe(1);
  });

  it('ends with its worker', async () => {
    const lease = await start();
    const { owner } = lease;
    await lease.end();
    expect(lease.isHeld()).toBe(false);
    expect(await isDead(owner)).toBe(true);
  });

  it('is always held where there is nobody else', async () => {
    const alone = new WorkerLease(new Workers(box.connection), pace);
    await alone.begin();
    expect(alone.isHeld()).toBe(true);
    expect(await isDead(alone.owner)).toBe(true);
    await alone.end();
  });
});
