import { WakeUp } from './wake-up.js';

const msOf = async (sleep: Promise<void>): Promise<number> => {
  const begun = performance.now();
  await sleep;
  return performance.now() - begun;
};

// A timer counts from when the loop last looked at the clock, so it may end a little early.
const AT_LEAST = 15;

describe('a sleep that can be ended', () => {
  it('lasts its time when nothing happens', async () => {
    expect(await msOf(new WakeUp().within(30))).toBeGreaterThanOrEqual(AT_LEAST);
  });

  it('ends when it is woken', async () => {
    const wakeUp = new WakeUp();
    setTimeout(() => wakeUp.now(), 5);
    expect(await msOf(wakeUp.within(5_000))).toBeLessThan(2_500);
  });

  it('does not begin when it was woken before, and only once so', async () => {
    const wakeUp = new WakeUp();
    wakeUp.now();
    wakeUp.now();
    expect(await msOf(wakeUp.within(5_000))).toBeLessThan(2_500);
    expect(await msOf(wakeUp.within(30))).toBeGreaterThanOrEqual(AT_LEAST);
  });
});
