// How long after its commit a mail is with the server, on an idle system: the worker is woken by the
// commit itself. The sink is in this process, so that one clock sees both ends, and its 250 leaves in
// the same turn in which the final dot comes.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { startWorker } from './application.mjs';
import { SINGLE } from './flags.mjs';
import { addressOf } from './mails.mjs';
import { newDatabase } from './postgresql.mjs';
import { row } from './report.mjs';
import { createSink } from './sink.mjs';
import { quantile } from './statistics.mjs';

const WARM_UP = 20;
/** Milliseconds in which everything comes to rest. */
const REST = 20;

async function measure(name, databaseUrl) {
  let arrived = () => {};
  const sink = createSink({ onMail: () => arrived(performance.now()) }).listen(0, '127.0.0.1');
  await once(sink, 'listening');
  const worker = await startWorker({ port: sink.address().port, databaseUrl });
  const { db, mail } = worker;

  const times = { accepted: [], settled: [] };
  for (let i = 0; i < SINGLE + WARM_UP; i += 1) {
    const arrival = new Promise((resolve) => {
      arrived = resolve;
    });
    const { id } = await db
      .transaction()
      .execute((tx) => mail.sendTest(tx, { to: addressOf(i), locale: 'en' }));
    const committed = performance.now();
    const accepted = (await arrival) - committed;
    // To ask takes time too: this is at most how long it took.
    while ((await mail.statuses(db, [id])).get(id) !== 'sent') await sleep(0);
    const settled = performance.now() - committed;
    if (i >= WARM_UP) {
      times.accepted.push(accepted);
      times.settled.push(settled);
    }
    await sleep(REST);
  }
  await worker.close();
  sink.close();
  const [p50, p99] = [0.5, 0.99].map((share) => quantile(times.accepted, share));
  const [settled50, settled99] = [0.5, 0.99].map((share) => quantile(times.settled, share));
  return row(
    `from commit to 250 on an idle system, ${name}`,
    `p50 ${p50.toFixed(1)} ms`,
    'at most 5 ms',
    p50 <= 5,
    `p99 ${p99.toFixed(1)} ms; to settled p50 ${settled50.toFixed(1)} ms, p99 ${settled99.toFixed(1)} ms`,
    { p50, p99, settled: { p50: settled50, p99: settled99 } },
  );
}

export async function timeToAccepted() {
  const met = [
    await measure('embedded database', undefined),
    await measure('PostgreSQL', await newDatabase()),
  ];
  return met.every(Boolean);
}
