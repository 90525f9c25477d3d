import { type LetThrough, nextAllowedAt, nextAllowedAtOnce } from './mailbox-limit.js';

/** Seconds at which mails get through when somebody asks every second. */
function letThroughWithin(seconds: number, next = nextAllowedAt): number[] {
  const before: LetThrough[] = [];
  for (let at = 0; at < seconds; at += 1)
    if (next(before, 'verification', at) <= at) before.push({ at, purpose: 'verification' });
  return before.map(({ at }) => at);
}

const most = (times: number[], length: number) =>
  Math.max(...times.map((from) => times.filter((at) => at >= from && at < from + length).length));

describe('the limit of mails to one mailbox', () => {
  it('waits 60, 120, 300, then 900 seconds between them', () => {
    expect(letThroughWithin(3_600)).toEqual([0, 60, 180, 480, 1_380]);
  });

  it('D33: lets five through in any hour and twenty in any day, whatever is tried', () => {
    const times = letThroughWithin(2 * 86_400);
    expect(most(times, 3_600)).toBe(5);
    expect(most(times, 86_400)).toBe(20);
  });

  it('D09: lets three through at once, and leaves the rest of the hour to who waits', () => {
    const atOnce = letThroughWithin(3_600, (before, _, now) => nextAllowedAtOnce(before, now));
    expect(atOnce).toEqual([0, 1, 2]);
    const before = atOnce.map((at) => ({ at, purpose: 'verification' }));
    expect(nextAllowedAt(before, 'password-reset', 3)).toBeLessThanOrEqual(3);
  });

  it('lets another purpose through at once, and counts it among the five', () => {
    const before = [0, 1, 2, 3].map((at) => ({ at, purpose: 'verification' }));
    expect(nextAllowedAt(before, 'password-reset', 4)).toBeLessThanOrEqual(4);
    const five = [...before, { at: 4, purpose: 'password-reset' }];
    expect(nextAllowedAt(five, 'password-reset', 65)).toBe(3_600);
  });

  it('forgets the cooldown after a quiet hour', () => {
    const before = [0, 60, 180].map((at) => ({ at, purpose: 'verification' }));
    expect(nextAllowedAt(before, 'verification', 3_800)).toBeLessThanOrEqual(3_800);
    expect(nextAllowedAt([], 'verification', 0)).toBe(-Infinity);
  });
});
