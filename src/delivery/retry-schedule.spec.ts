import { retryDelay } from './retry-schedule.js';

const WEEK = 7 * 86_400;

const triesOf = (random: number, until: number) => {
  const tries: number[] = [];
  for (let at = 0, n = 1; at <= until; n += 1) {
    tries.push(at);
    at += retryDelay(n, at, random);
  }
  return tries;
};

describe('the retry schedule', () => {
  it.each([0, 0.5, 0.999])('A17: tries between minute 5 and 8 (jitter %d)', (random) => {
    const inTheWindow = triesOf(random, 600).filter((at) => at >= 300 && at <= 480);
    expect(inTheWindow.length).toBeGreaterThanOrEqual(1);
  });

  it.each([0, 0.999])('tries three times within ten seconds (jitter %d)', (random) => {
    expect(triesOf(random, 10)).toHaveLength(3);
  });

  it.each([0, 0.999])('A17: comes to it in time after an outage, too (jitter %d)', (random) => {
    // Ten minutes old, and an account that was down has used up 25 tries.
    const delay = retryDelay(26, 600, random);
    expect(delay).toBeGreaterThan(240);
    expect(delay).toBeLessThan(480);
  });

  it('waits an hour at most, and never less than the time before', () => {
    const delays = Array.from({ length: 200 }, (_, i) => retryDelay(i + 1, WEEK, 0.5));
    expect(Math.max(...delays)).toBe(3_600);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(retryDelay(200, WEEK, 0.999)).toBeLessThanOrEqual(3_600);
  });
});
