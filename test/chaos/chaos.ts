import { once } from 'node:events';
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '#database';
import { arrivalOf, type Evidence, readMails } from '../harness/evidence.js';
import { checkInvariants, type Summary } from '../harness/invariants.js';
import { Ledger } from '../harness/ledger.js';
import { percentile } from '../harness/percentile.js';
import { randomNumbers } from '../harness/random.js';
import { capabilities, faultyScript } from './faults.js';
import { Footprint } from './footprint.js';
import { type ChaosGround, endLeases, prepareChaos, SMTP_PASSWORD } from './ground.js';
import { ChaosLoad } from './load.js';
import type { ChaosOptions } from './options.js';
import { ChaosProgram } from './program.js';

/** What one run has come to. */
export interface ChaosResult extends Summary {
  readonly kills: number;
  /** Mails that were kept back after their worker died twice, and released at the end. */
  readonly held: number;
  readonly unanswered: number;
  readonly connections: number;
  readonly startMedianMs: number;
  readonly seconds: number;
  /** What the processes held at first and at last; empty where that was not looked at. */
  readonly footprint: readonly string[];
}

export type Say = (line: string) => void;

/**
 * The real program, killed at random, on a mail server that is at fault at random; then peace until
 * the queue is empty; then every mail is accounted for.
 *
 * @param databaseUrl of PostgreSQL, empty; undefined: embedded
 * @throws InvariantsBroken
 */
export async function runChaos(
  options: ChaosOptions,
  databaseUrl: string | undefined,
  say: Say = () => {},
): Promise<ChaosResult> {
  const begun = performance.now();
  const ground = await prepareChaos(databaseUrl);
  const programs = Array.from(
    { length: options.workers },
    (_, n) => new ChaosProgram({ ...ground.env, DATA_DIR: dataDirOf(ground, n) }),
  );
  const ledger = new Ledger();
  const footprint = new Footprint();
  const load = new ChaosLoad(programs, ledger, randomNumbers(options.seed + 1));
  try {
    await programs[0]?.start();
    await load.join(ground.smtp);
    await programs[0]?.stop();
    if (options.mails > 0) await fill(ground, options.mails, ledger);
    say(`${ledger.promises.length} mails are committed`);
    const kills = await trouble(options, ground, programs, load, say, footprint);
    const held = await peace(options, ground, programs, load, say);
    const evidence = await collect(ground, programs, ledger, load);
    const starts = programs.flatMap((program) => program.starts);
    return {
      ...checkInvariants(evidence),
      kills,
      held,
      unanswered: load.unanswered,
      connections: ground.smtp.connections.length,
      startMedianMs: Math.round(percentile(starts, 0.5) ?? 0),
      seconds: Math.round((performance.now() - begun) / 1_000),
      footprint: footprint.judged(),
    };
  } finally {
    load.end();
    for (const program of programs) await program.kill();
    await ground.close();
  }
}

const dataDirOf = ({ dataDir }: ChaosGround, n: number): string =>
  n === 0 ? dataDir : `${dataDir}-${n}`;

/** Commits mails in a process of the program, and believes what it says. */
async function fill(ground: ChaosGround, mails: number, ledger: Ledger): Promise<void> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fill.mjs')], {
    env: { PATH: process.env['PATH'], ...ground.env, PORT: '0', CHAOS_MAILS: String(mails) },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    for (let i = ledger.promises.length; i < Number(line); i += 1)
      ledger.add(`mail${i}@example.com`, 'password-reset');
  });
  await once(child, 'close');
  if (ledger.promises.length !== mails) throw new Error('Not all mails could be committed');
}

/** Faults, kills and load at once. @returns how many kills there were */
async function trouble(
  options: ChaosOptions,
  { smtp }: ChaosGround,
  programs: readonly ChaosProgram[],
  load: ChaosLoad,
  say: Say,
  footprint: Footprint,
): Promise<number> {
  const deadline = performance.now() + options.duration * 1_000;
  smtp.script = faultyScript(randomNumbers(options.seed), options.odds);
  const clients = [load.watchHealth(), ...(options.rate > 0 ? [load.run(options.rate)] : [])];
  let kills = 0;
  const reporter = setInterval(
    () => say(`${kills} kills, ${smtp.messages.length} messages came`),
    10_000,
  );
  const killAgain = async (program: ChaosProgram, n: number): Promise<void> => {
    const random = randomNumbers(options.seed + 100 + n);
    while (kills < options.kills && performance.now() < deadline) {
      kills += 1;
      await program.liveAndDie(random);
    }
  };
  if (options.kills > 0) await Promise.all(programs.map(killAgain));
  else {
    for (const program of programs) await program.start();
    if (options.mails > 0) await emptied(load, deadline);
    else await footprint.watch(programs, deadline);
  }
  clearInterval(reporter);
  load.end();
  await Promise.all(clients);
  smtp.script = { ehlo: capabilities };
  return kills;
}

/** No more faults: everything that waits must come to an end. @returns mails that were held */
async function peace(
  { patience, kills }: ChaosOptions,
  ground: ChaosGround,
  programs: readonly ChaosProgram[],
  load: ChaosLoad,
  say: Say,
): Promise<number> {
  if (kills > 0) {
    // All are dead: nobody can hold a mail, and PostgreSQL would wait for the leases to run out.
    await ground.withDatabase(endLeases);
    for (const program of programs) await program.start();
  }
  say('no more faults; waiting until the queue is empty');
  const deadline = performance.now() + patience * 1_000;
  let held = 0;
  for (;;) {
    await emptied(load, deadline);
    const released = await load.releaseHeld();
    held += released;
    if (released === 0 || performance.now() > deadline) break;
  }
  for (const program of programs)
    if (!(await program.stop())) throw new Error(`It did not end in order:\n${program.output}`);
  return held;
}

async function emptied(load: ChaosLoad, deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    const queue = await load.queue();
    if (queue && (queue['queued'] ?? 0) + (queue['sending'] ?? 0) === 0) return;
    await sleep(250);
  }
}

async function collect(
  ground: ChaosGround,
  programs: readonly ChaosProgram[],
  { promises }: Ledger,
  { healthMs }: ChaosLoad,
): Promise<Evidence> {
  const mails = await ground.withDatabase(readMails);
  const rows = await ground.withDatabase(async (db) => {
    const { rows } = await sql<{ row: string }>`
      select to_jsonb(outbox)::text || coalesce((select jsonb_agg(a)::text from outbox_attempts a
        where outbox_id = outbox.id), '') as row from outbox`.execute(db);
    return rows.map(({ row }) => row).join('\n');
  });
  return {
    ...mails,
    promises,
    healthMs,
    arrivals: ground.smtp.messages.map(arrivalOf),
    secrets: { 'the SMTP password': SMTP_PASSWORD },
    places: { 'the log': programs.map(({ output }) => output).join(''), 'the outbox': rows },
  };
}
