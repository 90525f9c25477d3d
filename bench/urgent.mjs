// Somebody wants to reset a password while 100,000 invitations wait and are being sent.
//
// The server takes 50 ms for a mail, so that five connections carry 100 a second, and the invitations
// wait throughout. Worker and requests share one process, as in the role that is the default.
import { startWorker } from './application.mjs';
import { URGENT, WAITING } from './flags.mjs';
import { journeys, offer } from './offer.mjs';
import { newDatabase } from './postgresql.mjs';
import { fillQueue } from './queued-mails.mjs';
import { row } from './report.mjs';
import { startSink } from './sink-process.mjs';
import { median, quantile } from './statistics.mjs';

const MAIL_DELAY = 50;
/** Milliseconds between two urgent mails. */
const EVERY = 200;
const DAY = 86_400_000;

async function measure(name, databaseUrl) {
  const sink = await startSink({ mailDelay: MAIL_DELAY, keepArrivals: true });
  const worker = await startWorker({ port: sink.port, databaseUrl });
  const now = Date.now();
  await fillQueue(worker.db, worker.vault, {
    mails: WAITING,
    kind: 'invitation',
    variables: { role: 'member', name: 'Ada Lovelace', invitedBy: 'Grace Hopper' },
    at: (i) => new Date(now - DAY * (1 - i / WAITING)),
  });
  // The first mail wakes the worker; what it takes until all connections are busy is not counted.
  await offer(worker, { mails: 10, every: EVERY });
  const committed = await offer(worker, { mails: URGENT, every: EVERY });
  const stillWaiting = await worker.waiting();
  const took = await journeys(sink, committed, 60_000);
  await worker.close();
  await sink.stop();
  if (stillWaiting === 0) throw new Error('No invitation was left: BENCH_WAITING is too small');
  const p95 = quantile(took, 0.95);
  const p50 = median(took);
  return row(
    `an urgent mail while ${WAITING} invitations wait, ${name}, from commit to 250`,
    `p95 ${p95.toFixed(0)} ms`,
    'at most 2000 ms',
    p95 <= 2_000,
    `p50 ${p50.toFixed(0)} ms, worst ${Math.max(...took).toFixed(0)} ms of ${took.length}; ` +
      `${stillWaiting} still waited at the end`,
    { p50, p95 },
  );
}

export async function urgent() {
  const met = [
    await measure('embedded database', undefined),
    await measure('PostgreSQL', await newDatabase()),
  ];
  return met.every(Boolean);
}
