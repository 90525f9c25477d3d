import { setImmediate } from 'node:timers/promises';
import { QueueFull, WorkQueue } from './work-queue.js';

/** A task that ends when told to. */
function task() {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let started = false;
  return {
    run: () => {
      started = true;
      return promise;
    },
    started: () => started,
    finish: () => resolve('done'),
    fail: () => reject(new Error('failed')),
  };
}

describe('WorkQueue', () => {
  it('D39: runs no more at once than it may, in order, and refuses what does not fit', async () => {
    const queue = new WorkQueue({ atOnce: 2, waiting: 1 });
    const [first, second, third] = [task(), task(), task()];
    const results = [first, second, third].map(({ run }) => queue.run(run));
    await expect(queue.run(async () => 'never')).rejects.toThrow(QueueFull);
    expect([first, second, third].map(({ started }) => started())).toEqual([true, true, false]);

    second.finish();
    await setImmediate();
    expect(third.started()).toBe(true);
    first.finish();
    third.finish();
    expect(await Promise.all(results)).toEqual(['done', 'done', 'done']);
  });

  it('gives the place of a failed task to the next', async () => {
    const queue = new WorkQueue({ atOnce: 1, waiting: 1 });
    const [failing, next] = [task(), task()];
    const results = Promise.allSettled([failing, next].map(({ run }) => queue.run(run)));
    failing.fail();
    await setImmediate();
    next.finish();
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
    expect(await queue.run(async () => 'free again')).toBe('free again');
  });

  it('never runs more at once, however tasks come and go', async () => {
    const queue = new WorkQueue({ atOnce: 3, waiting: 1_000 });
    let running = 0;
    let most = 0;
    const work = async () => {
      most = Math.max(most, (running += 1));
      await setImmediate();
      running -= 1;
    };
    await Promise.all(Array.from({ length: 500 }, () => queue.run(work)));
    expect({ most, running }).toEqual({ most: 3, running: 0 });
  });
});
