import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

export const MAIN = join(import.meta.dirname, '..', '..', 'dist', 'main.js');

/** The program as people run it, in a process of its own. */
export class GatepostProcess {
  readonly #child: ChildProcess;
  /** Both streams, as far as they have come. */
  output = '';

  private constructor(args: string[], env: Record<string, string>) {
    this.#child = spawn(process.execPath, [MAIN, ...args], {
      env: {
        PATH: process.env['PATH'],
        NODE_COMPILE_CACHE: process.env['NODE_COMPILE_CACHE'],
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => {
        this.output += data.toString();
      });
  }

  /** A command under way. */
  static start(args: string[], env: Record<string, string>): GatepostProcess {
    return new GatepostProcess(args, env);
  }

  /** A command, to its end. */
  static async run(
    args: string[],
    env: Record<string, string>,
  ): Promise<{ code: number | null; output: string }> {
    const command = new GatepostProcess(args, env);
    return { code: await command.ended(), output: command.output };
  }

  /** A server that listens. @throws with its output where it ends before it does */
  static async serve(env: Record<string, string>): Promise<GatepostProcess & { url: string }> {
    const server = GatepostProcess.start(['serve'], {
      PORT: '0',
      // Servers of tests count who connects to them.
      SMTP_CHECK_AT_START: 'false',
      ...env,
    });
    return Object.assign(server, { url: await server.listening() });
  }

  /** Where a server answers, once it does. @throws with its output where it ends before */
  async listening(): Promise<string> {
    return await new Promise<string>((resolve, reject) => {
      const look = (): void => {
        const found = /API +(http:\/\/[^"\s]+)/.exec(this.output)?.[1];
        if (found) resolve(found);
      };
      this.#child.stdout?.on('data', look);
      look();
      this.#child.once('close', () => reject(new Error(this.output)));
    });
  }

  get pid(): number {
    if (!this.#child.pid) throw new Error('It did not start');
    return this.#child.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** @returns the exit code; null where a signal ended it */
  async ended(): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return this.#child.exitCode;
    const [code] = (await once(this.#child, 'close')) as [number | null];
    return code;
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.signal(signal);
    return this.ended();
  }
}
