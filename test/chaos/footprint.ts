import { setTimeout as sleep } from 'node:timers/promises';
import { HttpClient } from '../harness/http-client.js';
import { percentile } from '../harness/percentile.js';
import type { ChaosProgram } from './program.js';

const BETWEEN_LOOKS = 5_000;

/** What may be held more at the end than at the beginning, once it has warmed up. */
const BOUNDS = { residentMb: 50, descriptors: 10, resources: 20 } as const;
type Kind = keyof typeof BOUNDS;
type Held = Readonly<Record<Kind, number>>;

/** What the processes hold while they live: memory, file descriptors, timers and sockets. */
export class Footprint {
  readonly #looks = new Map<ChaosProgram, Held[]>();

  /** Looks again and again. @param deadline by `performance.now()` */
  async watch(programs: readonly ChaosProgram[], deadline: number): Promise<void> {
    for (const program of programs) this.#looks.set(program, []);
    while (performance.now() < deadline) {
      for (const [program, looks] of this.#looks) looks.push(await look(program));
      await sleep(BETWEEN_LOOKS);
    }
  }

  /**
   * @returns for each process watched and each kind, what it held at first and at last
   * @throws Error where one holds more and more
   */
  judged(): string[] {
    return [...this.#looks].flatMap(([{ output }, looks]) => {
      const warning = /\S*MaxListenersExceededWarning.*/.exec(output)?.[0];
      if (warning) throw new Error(`A process listens more and more: ${warning}`);
      if (looks.length < 4) throw new Error('It was too short to say what a process holds in time');
      return (Object.keys(BOUNDS) as Kind[]).map((kind) => change(kind, looks));
    });
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

/** From the second quarter of the time, when it has warmed up, to the last; medians. */
function change(kind: Kind, looks: readonly Held[]): string {
  const inQuarter = (n: number): number => {
    const part = looks.slice((looks.length * (n - 1)) / 4, (looks.length * n) / 4);
    return (
      percentile(
        part.map((held) => held[kind]),
        0.5,
      ) ?? Number.NaN
    );
  };
  const [before, after] = [inQuarter(2), inQuarter(4)];
  const said = `${kind}=${before}→${after}`;
  // What could not be read is no number, and in no bound either.
  if (!(after - before <= BOUNDS[kind])) throw new Error(`A process holds more and more: ${said}`);
  return said;
}
