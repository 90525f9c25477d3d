import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { eventually } from '../harness/eventually.js';
import { arrivalOf, readMails } from '../harness/evidence.js';
import { checkInvariants } from '../harness/invariants.js';
import { Ledger } from '../harness/ledger.js';
import { randomNumbers } from '../harness/random.js';
import { type Act, andThen, drop, type Moment, type Script } from '../harness/smtp-server.js';
import { capabilities } from './faults.js';
import { type ChaosGround, endLeases } from './ground.js';
import { ChaosLoad } from './load.js';
import { ChaosProgram } from './program.js';
import type { Stage } from './stages.js';

const PRELOAD = pathToFileURL(join(import.meta.dirname, 'kill-at-statement.mjs')).href;
/** Milliseconds. */
const KILL_BOUND = 15_000;
const DRAIN_BOUND = 60_000;

/** One process, one mail server, and kills at moments that are told. */
export class StageBench {
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
