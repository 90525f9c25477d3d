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
    expect(await Promise.all([1, 2].map((item) => doubles.do(item)))).toEqual([2, 4]);
    expect(groups).toEqual([[1], [2]]);
  });

  it('does two groups at once where half of one waits, and never three', async () => {
    const groups: number[][] = [];
    let [underWay, most] = [0, 0];
    const doubles = new Grouping<number, number>(4, async (items) => {
      groups.push(items);
      underWay += 1;
      most = Math.max(most, underWay);
      await sleep(5);
      underWay -= 1;
      return items.map((item) => 2 * item);
    });
    const items = Array.from({ length: 12 }, (_, i) => i + 1);
    const results = await Promise.all(items.map((item) => doubles.do(item)));
    expect(results).toEqual(items.map((item) => 2 * item));
    expect(groups).toEqual([[1], [2, 3], [4, 5, 6, 7], [8, 9, 10, 11], [12]]);
    expect(most).toBe(2);
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
