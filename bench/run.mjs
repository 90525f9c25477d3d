// Runs every row, or those named: `npm run bench -- drain`. Each row measures us and a baseline by
// turns in one run and prints their ratio; absolute numbers say little about another machine.
import { drain } from './drain.mjs';
import { requestLatency } from './request-latency.mjs';
import { size } from './size.mjs';
import { timeToAccepted } from './time-to-accepted.mjs';

const rows = {
  'request-latency': requestLatency,
  drain,
  'time-to-accepted': timeToAccepted,
  size,
};
const wanted = process.argv.slice(2);

let allMet = true;
for (const [name, measure] of Object.entries(rows))
  if (wanted.length === 0 || wanted.includes(name)) allMet = (await measure()) && allMet;
process.exit(allMet ? 0 : 1);
