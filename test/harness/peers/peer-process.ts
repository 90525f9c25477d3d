import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';

/** How long a server may take to greet, and to stop, on a machine that is busy. */
const PATIENCE_MS = 20_000;

/** The ports of 127.0.0.1 on which a server speaks first. */
export interface Greeting {
  /** In clear text. */
  readonly clear: readonly number[];
  /** After a TLS handshake. */
  readonly tls?: readonly number[];
}

// The shell holds the reading end of a pipe of ours. When we close it, or die without closing
// anything, the server is stopped and its directory goes: nothing outlives a killed test run.
// A server that ends by itself (a fault in its settings) ends the shell as well.
const SUPERVISOR = `
directory=$1
shift
umask 022
exec 3<&0
"$@" </dev/null 3<&- &
daemon=$!
# nobody may be reading any more what is said at the end
trap '' PIPE
(read -r _ <&3; kill "$daemon") 2>/dev/null &
wait "$daemon"
# what it leaves running, such as sessions that are open still, and the watch
trap '' TERM
kill 0
cat "$directory"/*log 2>/dev/null
# what the server has started may be writing for a moment yet
for _ in 1 2 3 4 5 6 7 8 9 10; do
  rm -rf -- "$directory" 2>/dev/null && break
  sleep 0.2
done
kill -KILL 0
`;

/**
 * A directory of a server's own, which its various users may read: modes are set by hand, for the
 * embedded database leaves this process a umask that keeps everybody out.
 */
export class PeerDirectory {
  readonly path: string;

  constructor(name: string) {
    this.path = mkdtempSync(join(tmpdir(), `gatepost-${name}-`));
    chmodSync(this.path, 0o755);
  }

  /** @returns the absolute path */
  write(file: string, contents: string): string {
    const path = join(this.path, file);
    if (dirname(file) !== '.') this.directory(dirname(file));
    writeFileSync(path, contents);
    chmodSync(path, 0o644);
    return path;
  }

  /** @returns the absolute path */
  directory(name: string): string {
    let path = this.path;
    for (const part of name.split('/')) {
      path = join(path, part);
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
    }
    return path;
  }

  /** What is in the files whose names end in `log`. */
  get log(): string {
    if (!existsSync(this.path)) return '';
    const files = readdirSync(this.path).filter((file) => file.endsWith('log'));
    return files.map((file) => readFileSync(join(this.path, file), 'utf8')).join('');
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

/** A server in the foreground in a process of its own; it goes with its directory. */
export class PeerProcess {
  readonly #child: ChildProcess;
  /** It is gone, and all that it has said is here. */
  readonly #closed: Promise<unknown>;
  #output = '';

  private constructor(
    private readonly directory: PeerDirectory,
    command: readonly string[],
  ) {
    this.#child = spawn('/bin/sh', ['-c', SUPERVISOR, 'peer', directory.path, ...command], {
      cwd: directory.path,
      // a group of its own: Ctrl-C ends the tests, and through the pipe the server in good order
      detached: true,
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#closed = once(this.#child, 'close');
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => (this.#output += data.toString()));
  }

  /**
   * Resolves once it has greeted on all these ports. That it listens is not enough: a process that is
   * started by the first connection may fail, and be started again a while later.
   *
   * @throws with its log where it does not
   */
  static async start(
    directory: PeerDirectory,
    command: readonly string[],
    { clear, tls = [] }: Greeting,
  ): Promise<PeerProcess> {
    const peer = new PeerProcess(directory, command);
    const isReady = async (port: number, isTls: boolean): Promise<void> => {
      const deadline = performance.now() + PATIENCE_MS;
      while (!(await greets(port, isTls))) {
        if (peer.#ended || performance.now() > deadline)
          throw new Error(`${command.join(' ')} does not greet on port ${port}`);
        await sleep(20);
      }
    };
    try {
      await Promise.all([
        ...clear.map(async (port) => await isReady(port, false)),
        ...tls.map(async (port) => await isReady(port, true)),
      ]);
    } catch (error) {
      // what it wrote to its files is said at the end
      await peer.stop();
      throw new Error(`${String(error)}:\n${peer.log}`, { cause: error });
    }
    return peer;
  }

  /** All it has said, for whoever has to find out why a test failed. */
  get log(): string {
    return this.#output + this.directory.log;
  }

  /** Ends it in good order and removes its directory. */
  async stop(): Promise<void> {
    const { pid } = this.#child;
    this.#child.stdin?.destroy();
    const timer = setTimeout(() => pid && process.kill(-pid, 'SIGKILL'), PATIENCE_MS);
    await this.#closed;
    clearTimeout(timer);
    this.directory.remove();
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

/** Whether it says anything; it is left before that only where it takes too long. */
async function greets(port: number, isTls: boolean): Promise<boolean> {
  const to = { host: '127.0.0.1', port };
  const socket: Socket = isTls ? connectTls({ ...to, rejectUnauthorized: false }) : connect(to);
  try {
    await once(socket, 'data', { signal: AbortSignal.timeout(PATIENCE_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
