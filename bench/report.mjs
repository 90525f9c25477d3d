// What is printed, and what BENCH_OUTPUT gets: one line of JSON for the machine, one for each row.
import { appendFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { OUTPUT, ROUNDS } from './flags.mjs';

let group = '';

export function beginReport() {
  if (!OUTPUT) return;
  const machine = { node: process.version, cpu: cpus()[0]?.model, cores: availableParallelism() };
  writeFileSync(OUTPUT, `${JSON.stringify({ ...machine, rounds: ROUNDS })}\n`);
}

/** @param name as `npm run bench -- NAME` has it */
export function beginGroup(name) {
  group = name;
}

/**
 * One row of the report: what, the number, the target, and whether it is met.
 *
 * @param numbers the same for machines: ratios and medians by name
 */
export function row(what, value, target, isMet, detail, numbers = {}) {
  console.log(`${isMet ? 'met   ' : 'MISSED'}  ${what}: ${value} (target ${target}); ${detail}`);
  write({ what, value, target, met: isMet, detail, numbers });
  return isMet;
}

/** A row without a target. */
export function measured(what, value, detail, numbers = {}) {
  console.log(`        ${what}: ${value}; ${detail}`);
  write({ what, value, detail, numbers });
  return true;
}

function write(line) {
  if (OUTPUT) appendFileSync(OUTPUT, `${JSON.stringify({ group, ...line })}\n`);
}
