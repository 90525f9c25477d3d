// A server that takes 500 ms for a mail, while 40 mails a second come.
//
// It works on one mail after the other of a connection, and reads nothing more meanwhile, so a
// connection carries two mails a second however they are pipelined. 40 a second keep 20 connections
// busy; the 5 that are the default carry 10. So the account is allowed 25, four fifths of which are
// needed: what the row asks is whether the worker keeps them all at work.
import { setInterval as ticks } from 'node:timers/promises';
import { startWorker } from './application.mjs';
import { OFFER_SECONDS } from './flags.mjs';
import { journeys, offer } from './offer.mjs';
import { row } from './report.mjs';
import { startSink } from './sink-process.mjs';
import { median, quantile } from './statistics.mjs';

const MAIL_DELAY = 500;
const PER_SECOND = 40;
const CONNECTIONS = 25;
/** Of the queue, in milliseconds. */
const LOOK = 250;

export async function slowServer() {
  const sink = await startSink({ mailDelay: MAIL_DELAY, keepArrivals: true });
  const env = { SMTP_MAX_CONNECTIONS: String(CONNECTIONS) };
  const worker = await startWorker({ port: sink.port, env });
  const queue = [];
  const watching = new AbortController();
  const watch = watchQueue(worker, queue, watching.signal);
  const mails = OFFER_SECONDS * PER_SECOND;
  const committed = await offer(worker, { mails, every: 1_000 / PER_SECOND });
  watching.abort();
  await watch;
  const took = await journeys(sink, committed, 60_000);
  await worker.close();
  await sink.stop();

  // The first quarter fills the connections; a queue that grows is longer in the last than in the
  // second.
  const quarter = (i) => queue.slice((queue.length * i) / 4, (queue.length * (i + 1)) / 4);
  const [second, last] = [quarter(1), quarter(3)].map(median);
  const p50 = median(took);
  const p99 = quantile(took, 0.99);
  return row(
    `${PER_SECOND} mails a second to a server that takes ${MAIL_DELAY} ms for each`,
    `p50 ${p50.toFixed(0)} ms, queue ${second} and then ${last}`,
    `p50 at most ${1.1 * MAIL_DELAY} ms, the queue does not grow`,
    p50 <= 1.1 * MAIL_DELAY && last <= 1.2 * second + 2,
    `p99 ${p99.toFixed(0)} ms; ${mails} mails over ${CONNECTIONS} connections; the queue has those ` +
      `that are being sent`,
    { p50, p99, queue: { secondQuarter: second, lastQuarter: last } },
  );
}

async function watchQueue(worker, queue, signal) {
  try {
    for await (const _ of ticks(LOOK, undefined, { signal })) queue.push(await worker.waiting());
  } catch (error) {
    if (error.name !== 'AbortError') throw error;
  }
}
