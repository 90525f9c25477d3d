import { retryDelay } from './retry-schedule.js';

const triesOf = (random: number, until: number) => {
  const tries: number[] = [];
  for (let at = 0, n = 1; at <= until; n += 1) {
    tries.push(at);
    at += retryDelay(n, random);
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

  it('waits an hour at most, and never less than the time before', () => {
    const delays = Array.from({ length: 200 }, (_, i) => retryDelay(i + 1, 0.5));
    expect(Math.max(...delays)).toBe(3_600);
    expect(delays).toEqual(delays.toSorted((a, b) => a - b));
    expect(retryDelay(200, 0.999)).toBeLessThanOrEqual(3_600);
  });
});
