import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { eventually } from '../harness/eventually.js';
import { arrivalOf, readMails } from '../harness/evidence.js';
import { checkInvariants } from '../harness/invariants.js';
import { Ledger } from '../harness/ledger.js';
import { randomNumbers } from '../harness/random.js';
import {
  type Act,
  andThen,
  drop,
  type Moment,
  type Script,
  type ScriptStage,
} from '../harness/smtp-server.js';
import type { Say } from './chaos.js';
import { capabilities } from './faults.js';
import { type ChaosGround, endLeases, prepareChaos } from './ground.js';
import { ChaosLoad } from './load.js';
import type { ChaosOptions } from './options.js';
import { ChaosProgram } from './program.js';

/** An exact moment of the road of one mail. */
export interface Stage {
  readonly name: string;
  /** May the server have the mail and the outbox not know it? Only then may it come twice. */
  readonly mayRepeat?: true;
  /** On the wire: before this stage is answered, or after. */
  readonly at?: ScriptStage;
  readonly answered?: true;
  /** In the database: before this statement is sent, or after it was done. */
  readonly statement?: string;
  readonly done?: true;
}

const COMMIT_OF_MAIL = 'insert into outbox \\(.*commit';
const CLAIM = "update outbox set status = 'sending'";
const SETTLE = 'insert into outbox_attempts.*settled';

export const STAGES: readonly Stage[] = [
  { name: 'before the commit', statement: COMMIT_OF_MAIL },
  { name: 'after the commit', statement: COMMIT_OF_MAIL, done: true },
  { name: 'before the claim', statement: CLAIM },
  { name: 'after the claim', statement: CLAIM, done: true },
  { name: 'connect', at: 'greeting' },
  { name: 'greeting', at: 'greeting', answered: true },
  { name: 'EHLO', at: 'ehlo' },
  { name: 'STARTTLS', at: 'starttls' },
  { name: 'AUTH', at: 'auth' },
  { name: 'MAIL', at: 'mail' },
  { name: 'RCPT', at: 'rcpt' },
  { name: 'DATA or BDAT', at: 'rcpt', answered: true },
  { name: 'in the body', at: 'body' },
  { name: 'after the dot, before 250', at: 'dot', mayRepeat: true },
  { name: 'after 250', at: 'dot', answered: true, mayRepeat: true },
  { name: 'before the settlement', statement: SETTLE, mayRepeat: true },
  { name: 'after the settlement', statement: SETTLE, done: true },
];

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'kill-at-statement.mjs')).href;
/** Milliseconds. */
const KILL_BOUND = 15_000;
const DRAIN_BOUND = 60_000;

/**
 * One mail, one kill at an exact moment, a restart; so often for each moment.
 *
 * @returns a table
 * @throws InvariantsBroken, or an Error where a mail came twice and must not have
 */
export async function runStages(
  { rounds, seed }: ChaosOptions,
  databaseUrl: string | undefined,
  say: Say,
  stages: readonly Stage[] = STAGES,
): Promise<string> {
  const ground = await prepareChaos(databaseUrl);
  const bench = new StageBench(ground, seed);
  try {
    await bench.begin();
    const lines: string[] = [];
    for (const stage of stages) {
      const from = bench.asked;
      let reached = 0;
      for (let round = 0; round < rounds; round += 1) if (await bench.kill(stage)) reached += 1;
      await bench.drain();
      const twice = bench.repeatedSince(from);
      lines.push(`${stage.name.padEnd(28)} ${reached} kills, ${twice} twice`);
      say(lines.at(-1) ?? '');
      if (twice > 0 && !stage.mayRepeat) throw new Error(`Killed at ${stage.name}: sent twice`);
      if (reached < rounds) throw new Error(`${stage.name}: only ${reached} of ${rounds} kills`);
    }
    const summary = await bench.judge();
    return `rounds=${rounds} ${JSON.stringify(summary)}\n${lines.join('\n')}`;
  } finally {
    await bench.end();
    await ground.close();
  }
}

class StageBench {
  /** Requests so far; each is for a recipient of its own. */
  asked = 0;
  readonly #armed: string;
  readonly #ledger = new Ledger();
  readonly #program: ChaosProgram;
  readonly #load: ChaosLoad;

  constructor(
    private readonly ground: ChaosGround,
    seed: number,
  ) {
    this.#armed = join(ground.directory, 'armed');
    this.#program = new ChaosProgram(ground.env);
    this.#load = new ChaosLoad([this.#program], this.#ledger, randomNumbers(seed));
  }

  async begin(): Promise<void> {
    await this.#program.start();
    await this.#load.join(this.ground.smtp);
    await this.#program.stop();
  }

  /** @returns whether it died where it was to */
  async kill(stage: Stage): Promise<boolean> {
    await this.#program.start(environmentFor(stage, this.#armed));
    await this.#idle();
    // A connection that is kept would spare the next mail the first stages.
    this.ground.smtp.dropConnections();
    await eventually(
      () => this.ground.smtp.openConnections,
      (count) => count === 0,
    );
    writeFileSync(this.#armed, '');
    this.ground.smtp.script = this.#scriptFor(stage);
    this.asked += 1;
    const answer = this.#load.ask(this.#program);
    let isDead = false;
    const death = this.#program.ended().then(() => (isDead = true));
    await Promise.race([death, sleep(KILL_BOUND, undefined, { ref: false })]);
    const reached = isDead;
    if (!isDead) this.#killNow();
    await death;
    await answer;
    this.#disarm();
    if (this.ground.env['DATABASE_URL']) await this.ground.withDatabase(endLeases);
    return reached;
  }

  /** Everything that is left goes out. */
  async drain(): Promise<void> {
    await this.#program.start();
    await this.#idle();
    await this.#program.stop();
  }

  repeatedSince(first: number): number {
    const ours = new Set(
      Array.from({ length: this.asked - first }, (_, n) => `person${first + n}@example.com`),
    );
    const copies = this.ground.smtp.messages.filter(({ rcpts }) => ours.has(rcpts[0] ?? ''));
    return copies.length - new Set(copies.map(({ rcpts }) => rcpts[0])).size;
  }

  async judge() {
    return checkInvariants({
      ...(await this.ground.withDatabase(readMails)),
      promises: this.#ledger.promises,
      arrivals: this.ground.smtp.messages.map(arrivalOf),
    });
  }

  async end(): Promise<void> {
    await this.#program.kill();
  }

  async #idle(): Promise<void> {
    await eventually(
      () => this.#load.queue(),
      (queue) => queue !== undefined && (queue['queued'] ?? 0) + (queue['sending'] ?? 0) === 0,
      DRAIN_BOUND,
    );
  }

  #scriptFor({ at, answered, mayRepeat }: Stage): Script {
    const script: Script = { ehlo: capabilities, octets: 300 };
    if (!at) return script;
    const ordinary = at === 'ehlo' ? capabilities : () => undefined;
    const step = (moment: Moment): Act | undefined => {
      if (!existsSync(this.#armed)) return ordinary(moment);
      if (answered)
        return andThen(ordinary(moment), () => {
          this.#killNow();
          return mayRepeat ? undefined : drop();
        });
      this.#killNow();
      // What the program had written ahead is lost with it, as with its machine.
      return mayRepeat ? ordinary(moment) : drop();
    };
    return { ...script, [at]: step };
  }

  #killNow(): void {
    this.#disarm();
    if (this.#program.pid) process.kill(this.#program.pid, 'SIGKILL');
  }

  #disarm(): void {
    rmSync(this.#armed, { force: true });
    this.ground.smtp.script = { ehlo: capabilities };
  }
}

function environmentFor({ statement, done }: Stage, armed: string): Record<string, string> {
  if (!statement) return {};
  return {
    NODE_OPTIONS: `--import ${PRELOAD}`,
    CHAOS_STATEMENT: statement,
    CHAOS_WHEN: done ? 'after' : 'before',
    CHAOS_ARMED: armed,
  };
}
