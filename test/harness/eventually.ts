import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again until the answer satisfies, and gives it; the last one if it never does. */
export async function eventually<T>(
  ask: () => Promise<T> | T,
  satisfies: (answer: T) => boolean,
  timeoutMs = 10_000,
): Promise<T> {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const answer = await ask();
    if (satisfies(answer) || performance.now() > deadline) return answer;
    await sleep(50);
  }
}
