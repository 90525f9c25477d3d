// Mails a second on ONE connection to a server that is 20, 50 or 100 ms away. The baseline is
// nodemailer's pool with one connection: it groups MAIL, RCPT and DATA, two round trips a mail, and
// knows no CHUNKING.
//
// Equal: the sink, the distance, one connection that is open already, the mail of 6 KiB. Not equal:
// what is offered beyond PIPELINING, where the row says so.
import { atLeast, compare } from './compare.mjs';
import { SECONDS } from './flags.mjs';
import { startProgram } from './program.mjs';
import { startSink } from './sink-process.mjs';

/** Milliseconds. */
const ROUND_TRIPS = [20, 50, 100];
/** Mails on their way, and how many times as many a second are asked for. */
const WINDOWS = [
  { window: 16, target: 25 },
  { window: 64, target: 100 },
];

/** One that waits suffices to follow the one that is being sent. */
const ONE_BEHIND = 2;

const windowName = (window) => `window${window}`;

async function race(roundTrip, sinks) {
  const plain = await startProgram('distance.mjs', { port: sinks.plain.port, roundTrip });
  const chunking = await startProgram('distance.mjs', { port: sinks.chunking.port, roundTrip });
  const common = { connections: 1, amount: { seconds: SECONDS } };
  const near = { ...common, port: plain.port };
  const contenders = {
    nodemailer: { contender: 'pool', ...near, atOnce: ONE_BEHIND },
    pipelining: { contender: 'transport', ...near, atOnce: 2 * ONE_BEHIND },
  };
  for (const { window } of WINDOWS)
    contenders[windowName(window)] = {
      contender: 'transport',
      ...common,
      port: chunking.port,
      window,
      atOnce: 2 * window,
    };
  try {
    return await compare(`${roundTrip} ms away`, contenders);
  } finally {
    await Promise.all([plain.stop(), chunking.stop()]);
  }
}

export async function roundTrips() {
  const sinks = { plain: await startSink(), chunking: await startSink({ offers: ['CHUNKING'] }) };
  const met = [];
  for (const roundTrip of ROUND_TRIPS) {
    const rounds = await race(roundTrip, sinks);
    const what = `mails on one connection, ${roundTrip} ms round trip,`;
    const them = 'nodemailer';
    met.push(atLeast(`${what} PIPELINING`, rounds, { us: 'pipelining', them, target: 1.9 }));
    for (const { window, target } of WINDOWS)
      met.push(
        atLeast(`${what} CHUNKING, window ${window}`, rounds, {
          us: windowName(window),
          them,
          target,
        }),
      );
  }
  await Promise.all([sinks.plain.stop(), sinks.chunking.stop()]);
  return met.every(Boolean);
}
