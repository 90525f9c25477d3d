import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '../harness/http-client.js';
import type { ChaosProgram } from './program.js';

const BETWEEN_LOOKS = 5_000;

/** What may be held more at the end than at the beginning, once it has warmed up. */
const BOUNDS = { residentMb: 50, descriptors: 10, resources: 20 } as const;
type Held = Record<keyof typeof BOUNDS, number>;

/** What the processes hold while they live: memory, file descriptors, timers and sockets. */
export class Footprint {
  readonly #looks = new Map<ChaosProgram, Held[]>();

  /** Looks again and again. @param isOver asked before each look */
  async watch(programs: readonly ChaosProgram[], isOver: () => boolean): Promise<void> {
    for (const program of programs) this.#looks.set(program, []);
    while (!isOver()) {
      for (const [program, looks] of this.#looks) looks.push(await look(program));
      await sleep(BETWEEN_LOOKS);
    }
  }

  /**
   * @returns of each kind what the processes held in the second quarter of the time and in the last (medians)
   * @throws Error where one holds more and more
   */
  judged(): Readonly<Record<string, string>> {
    const said: Record<string, string> = {};
    for (const [program, looks] of this.#looks) {
      const warning = /\S*MaxListenersExceededWarning.*/.exec(program.output)?.[0];
      if (looks.length < 4) throw new Error('It was too short to say what a process holds in time');
      if (warning) throw new Error(`A process listens more and more: ${warning}`);
      for (const kind of Object.keys(BOUNDS) as (keyof Held)[]) {
        const quarter = (n: number) => {
          const part = looks.slice((looks.length * (n - 1)) / 4, (looks.length * n) / 4);
          return median(part.map((held) => held[kind]));
        };
        const [before, after] = [quarter(2), quarter(4)];
        const line = `${before}→${after}`;
        if (!(after - before <= BOUNDS[kind]))
          throw new Error(`A process holds more and more: ${kind} ${line}`);
        said[kind] = said[kind] ? `${said[kind]},${line}` : line;
      }
    }
    return said;
  }
}

async function look({ url = '' }: ChaosProgram): Promise<Held> {
  const { text } = await new HttpClient(url).get('/metrics');
  const value = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    residentMb: Math.round(value('process_resident_memory_bytes') / 1_048_576),
    descriptors: value('process_open_fds'),
    resources: value('nodejs_active_resources_total'),
  };
}

const median = (numbers: number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1] ?? Number.NaN;
