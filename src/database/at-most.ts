import { setTimeout as sleep } from 'node:timers/promises';

/** Waits for the work, but no longer than `ms`; what becomes of it after that nobody learns. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const timeout = new AbortController();
  const { signal } = timeout;
  await Promise.race([
    work.catch(() => undefined),
    sleep(ms, undefined, { signal }).catch(() => undefined),
  ]);
  timeout.abort();
}
