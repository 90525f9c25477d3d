// Mails that people wait for, offered to a running worker, and how long each took.
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { HOUR, token } from './mails.mjs';

/** Milliseconds since 1970, comparable between processes of one machine. */
const now = () => performance.timeOrigin + performance.now();

/**
 * Commits a reset of a password every `every` milliseconds, however long the ones before take.
 *
 * @returns by recipient when its commit was done
 */
export async function offer({ db, mail }, { mails, every }) {
  const committed = new Map();
  const begun = performance.now();
  const pending = [];
  for (let i = 0; i < mails; i += 1) {
    await sleep(Math.max(0, begun + i * every - performance.now()));
    const to = `${randomUUID()}@example.com`;
    const expiresAt = new Date(Date.now() + HOUR);
    pending.push(
      db
        .transaction()
        .execute((tx) =>
          mail.sendPasswordReset(tx, { to, locale: 'en', token: token(i), expiresAt }),
        )
        .then(() => committed.set(to, now())),
    );
  }
  await Promise.all(pending);
  return committed;
}

/**
 * @param sink one that keeps arrivals
 * @returns milliseconds from each commit to its 250
 * @throws where one has not arrived within `patience` milliseconds
 */
export async function journeys(sink, committed, patience) {
  const end = performance.now() + patience;
  const took = [];
  const missing = new Map(committed);
  while (missing.size > 0) {
    for (const [to, at] of Object.entries(await sink.arrivals())) {
      const begun = missing.get(to);
      if (begun === undefined) continue;
      took.push(at - begun);
      missing.delete(to);
    }
    if (missing.size > 0 && performance.now() > end)
      throw new Error(`${missing.size} of ${committed.size} mails have not arrived`);
    await sleep(50);
  }
  return took;
}
