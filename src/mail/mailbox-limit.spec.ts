import { nextAllowedAt } from './mailbox-limit.js';

/** Seconds at which mails get through when somebody asks every second. */
function letThroughWithin(seconds: number): number[] {
  const letThrough: number[] = [];
  for (let now = 0; now < seconds; now += 1)
    if (nextAllowedAt(letThrough, now) <= now) letThrough.push(now);
  return letThrough;
}

describe('the limit of mails to one mailbox', () => {
  it('waits 60, 120, 300, then 900 seconds between them', () => {
    expect(letThroughWithin(3_600)).toEqual([0, 60, 180, 480, 1_380]);
  });

  it('D33: lets five through in any hour and twenty in any day, whatever is tried', () => {
    const times = letThroughWithin(2 * 86_400);
    const most = (length: number) =>
      Math.max(
        ...times.map((from) => times.filter((at) => at >= from && at < from + length).length),
      );
    expect(most(3_600)).toBe(5);
    expect(most(86_400)).toBe(20);
  });

  it('forgets the cooldown after a quiet hour', () => {
    expect(nextAllowedAt([0, 60, 180], 3_800)).toBeLessThanOrEqual(3_800);
    expect(nextAllowedAt([], 0)).toBe(-Infinity);
  });
});
