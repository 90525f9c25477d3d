import { setTimeout as sleep } from 'node:timers/promises';
import { Grouping } from './grouping.js';

describe('a grouping', () => {
  it('does the first at once and those that come meanwhile together', async () => {
    const groups: number[][] = [];
    const doubles = new Grouping<number, number>(3, async (items) => {
      groups.push(items);
      await sleep(5);
      return items.map((item) => 2 * item);
    });
    expect(await Promise.all([1, 2, 3, 4, 5].map((item) => doubles.do(item)))).toEqual([
      2, 4, 6, 8, 10,
    ]);
    expect(groups).toEqual([[1], [2, 3, 4], [5]]);
  });

  it('lets a bad item fail alone, and goes on', async () => {
    const picky = new Grouping<number, number>(10, async (items) => {
      await sleep(1);
      if (items.includes(13)) throw new Error('no 13');
      return items;
    });
    const results = await Promise.allSettled([1, 13, 3].map((item) => picky.do(item)));
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await picky.do(4)).toBe(4);
  });
});
