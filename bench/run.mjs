// Runs every row, or those named: `npm run bench -- drain urgent`. Where there is a baseline, we and
// it are measured by turns in one run and the row is the median of the ratios: absolute numbers say
// little about another machine. What can be made shorter is in flags.mjs.
import { commit } from './commit.mjs';
import { drain, drainChunking, drainEmbedded } from './drain.mjs';
import { stopPostgresql } from './postgresql.mjs';
import { rendering } from './rendering.mjs';
import { beginGroup, beginReport } from './report.mjs';
import { requestLatency } from './request-latency.mjs';
import { roundTrips } from './round-trips.mjs';
import { checkSink } from './sink-check.mjs';
import { size } from './size.mjs';
import { slowServer } from './slow-server.mjs';
import { timeToAccepted } from './time-to-accepted.mjs';
import { transport, transportOverTls } from './transport.mjs';
import { urgent } from './urgent.mjs';

const rows = {
  drain,
  'drain-chunking': drainChunking,
  'drain-embedded': drainEmbedded,
  transport,
  'transport-tls': transportOverTls,
  'round-trips': roundTrips,
  rendering,
  commit,
  'request-latency': requestLatency,
  'slow-server': slowServer,
  'time-to-accepted': timeToAccepted,
  urgent,
  size,
};

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !Object.hasOwn(rows, name));
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}; there are ${Object.keys(rows).join(', ')}.`);
  process.exit(2);
}

checkSink();
beginReport();
let allMet = true;
for (const [name, measure] of Object.entries(rows)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  beginGroup(name);
  try {
    allMet = (await measure()) && allMet;
  } catch (error) {
    console.error(`FAILED  ${name}:`, error);
    allMet = false;
  }
}
await stopPostgresql();
process.exit(allMet ? 0 : 1);
