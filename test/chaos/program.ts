import { setTimeout as sleep } from 'node:timers/promises';
import { GatepostProcess } from '../harness/process.js';

/** Part of the time of a start for which a process lives on at most, while it is being killed: on a
 * busy machine as much is done in it as on another. */
const LONGEST_LIFE = 0.6;
/** Part of the kills that come while it starts. */
const WHILE_STARTING = 0.25;
/** Milliseconds. A start takes no longer on the slowest machine. */
const START_BOUND = 90_000;

/** One process of the program, again and again. */
export class ChaosProgram {
  /** Where it answers; undefined while it does not. */
  url: string | undefined;
  /** What all its lives have written. */
  output = '';
  /** Milliseconds that the starts took. */
  readonly starts: number[] = [];
  #process: GatepostProcess | undefined;

  constructor(private readonly env: Readonly<Record<string, string>>) {
    // Where the run itself is ended.
    process.once('exit', () => this.#process?.signal('SIGKILL'));
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** @throws with its output where it ends before it listens */
  async start(env: Readonly<Record<string, string>> = {}): Promise<void> {
    const begun = performance.now();
    const started = this.#spawn(env);
    const timer = setTimeout(() => started.signal('SIGKILL'), START_BOUND);
    this.url = await started.listening().finally(() => clearTimeout(timer));
    this.starts.push(performance.now() - begun);
  }

  /** Starts it and kills it: while it starts, or some time later. */
  async liveAndDie(random: () => number): Promise<void> {
    const usual = this.starts.at(-1) ?? 1_000;
    if (random() < WHILE_STARTING) {
      this.#spawn({});
      await sleep(random() * usual);
    } else {
      await this.start();
      await sleep(random() * LONGEST_LIFE * usual);
    }
    await this.kill();
  }

  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.ended();
  }

  /** @returns whether it ended in order, as it was asked to */
  async stop(): Promise<boolean> {
    this.#process?.signal('SIGTERM');
    return (await this.ended()) === 0;
  }

  /** Resolves when it is gone. @returns its exit code; null where it was killed */
  async ended(): Promise<number | null> {
    const code = (await this.#process?.ended()) ?? null;
    this.url = undefined;
    this.output += this.#process?.output ?? '';
    this.#process = undefined;
    return code;
  }

  #spawn(env: Readonly<Record<string, string>>): GatepostProcess {
    const all = { PORT: '0', ...this.env, ...env };
    return (this.#process = GatepostProcess.start(['serve'], all));
  }
}
