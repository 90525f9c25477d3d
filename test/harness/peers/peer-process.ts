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
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** How long a server may take to listen, and to stop. */
const PATIENCE_MS = 10_000;

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
    for (const stream of [this.#child.stdout, this.#child.stderr])
      stream?.on('data', (data: Buffer) => (this.#output += data.toString()));
  }

  /**
   * Resolves once it listens on all these ports of 127.0.0.1.
   * @throws with its log where it does not
   */
  static async start(
    directory: PeerDirectory,
    command: readonly string[],
    ports: readonly number[],
  ): Promise<PeerProcess> {
    const peer = new PeerProcess(directory, command);
    const deadline = performance.now() + PATIENCE_MS;
    for (const port of ports)
      while (!(await listens(port))) {
        if (!peer.#ended && performance.now() < deadline) {
          await sleep(20);
          continue;
        }
        await peer.stop();
        throw new Error(`${command.join(' ')} does not listen on port ${port}:\n${peer.log}`);
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
    const closed = this.#ended ? undefined : once(this.#child, 'close');
    this.#child.stdin?.destroy();
    const timer = setTimeout(() => pid && process.kill(-pid, 'SIGKILL'), PATIENCE_MS);
    await closed;
    clearTimeout(timer);
    this.directory.remove();
  }

  get #ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }
}

async function listens(port: number): Promise<boolean> {
  const socket = connect({ host: '127.0.0.1', port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
