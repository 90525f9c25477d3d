import { once } from 'node:events';
import { chmodSync, closeSync, openSync, rmSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import type { CommandInput } from './command.schemas.js';
import { CommandRefused, ControlSocketSilent } from './command.errors.js';

/** Milliseconds in which a server answers a command; the doctor's walk itself may take 60 s. */
const DEADLINE = 30_000;
const DEADLINE_OF_THE_DOCTOR = 75_000;

/** Octets a path of a Unix domain socket may have on every system (Linux: 108, macOS: 104). */
const LONGEST_PATH = 100;

/** What the server answers: one JSON line. */
type Reply = { text: string } | { refused: string; exitCode?: number };

/** The path of the socket as the system takes it, and what to do when it is no longer needed. */
interface ControlSocketPath {
  path: string;
  release(): void;
}

/**
 * Where the server that holds `dataDir` takes commands. The system bounds the length of such a
 * path, so a long one is written relative to the working directory, or through a descriptor of the
 * directory, whose path is short (Linux).
 */
function controlSocketPath(dataDir: string): ControlSocketPath {
  const absolute = join(dataDir, 'control.sock');
  const paths = [absolute, relative(process.cwd(), absolute)];
  const path = paths.find((candidate) => Buffer.byteLength(candidate) <= LONGEST_PATH);
  if (path !== undefined) return { path, release: () => {} };
  if (process.platform !== 'linux')
    throw new CommandRefused(
      `The path of the control socket is too long for this system: ${absolute}. Set DATA_DIR to a shorter path.`,
    );
  const directory = openSync(dataDir, 'r');
  return {
    path: `/proc/self/fd/${directory}/control.sock`,
    release: () => closeSync(directory),
  };
}

/**
 * Takes commands of the same user (mode 0600) for as long as the server runs: one JSON line in,
 * one out. The caller holds the data directory, so a socket that is there already is a dead one's.
 */
export async function serveControlSocket(
  dataDir: string,
  run: (command: CommandInput) => Promise<string>,
): Promise<{ close(): Promise<void> }> {
  const { path, release } = controlSocketPath(dataDir);
  rmSync(path, { force: true });
  const server = createServer((socket) => void answer(socket, run)).listen(path);
  await once(server, 'listening');
  chmodSync(path, 0o600);
  return { close: () => close(server).finally(release) };
}

async function answer(socket: Socket, run: (command: CommandInput) => Promise<string>) {
  socket.on('error', () => socket.destroy());
  for await (const line of createInterface({ input: socket })) {
    socket.end(`${JSON.stringify(await reply(line, run))}\n`);
    return;
  }
}

async function reply(
  line: string,
  run: (command: CommandInput) => Promise<string>,
): Promise<Reply> {
  try {
    return { text: await run(JSON.parse(line) as CommandInput) };
  } catch (error) {
    if (error instanceof CommandRefused)
      return { refused: error.message, exitCode: error.exitCode };
    return { refused: error instanceof Error ? error.message : String(error) };
  }
}

async function close(server: Server): Promise<void> {
  server.close();
  await once(server, 'close');
}

/**
 * Has the server that holds `dataDir` carry out a command.
 *
 * @throws {CommandRefused} with what the server said
 * @throws {ControlSocketSilent} where nobody answers
 */
export async function askControlSocket(dataDir: string, command: CommandInput): Promise<string> {
  const { path, release } = controlSocketPath(dataDir);
  const socket = connect(path);
  const patience = command.command === 'doctor' ? DEADLINE_OF_THE_DOCTOR : DEADLINE;
  const deadline = setTimeout(() => socket.destroy(new Error('no answer')), patience);
  try {
    await once(socket, 'connect');
    socket.write(`${JSON.stringify(command)}\n`);
    for await (const line of createInterface({ input: socket })) {
      const answered = JSON.parse(line) as Reply;
      if ('refused' in answered) throw new CommandRefused(answered.refused, answered.exitCode);
      return answered.text;
    }
    throw new Error('The connection was closed without an answer');
  } catch (error) {
    if (error instanceof CommandRefused) throw error;
    throw new ControlSocketSilent(join(dataDir, 'control.sock'), error);
  } finally {
    clearTimeout(deadline);
    socket.destroy();
    release();
  }
}
