// PGlite in a thread of its own: PostgreSQL as WebAssembly is synchronous, and a long query, or a
// full disk, must not keep the HTTP server from answering. Octets of the PostgreSQL wire protocol
// come in and go out; who asks is a node-postgres client on the other side.
import { PGlite } from '@electric-sql/pglite';
import { NodeFS } from '@electric-sql/pglite/nodefs';
import { setFlagsFromString } from 'node:v8';
import { parentPort, workerData } from 'node:worker_threads';

/** A whole exchange of the protocol up to its Sync or simple Query; or the end. */
export type ToWorker = Uint8Array | 'close';

/** First whether it opened, then the octets of each answer, at last that it is closed. */
export type FromWorker = Uint8Array | 'ready' | 'closed' | { failed: string };

interface Attributes {
  mode?: number | null;
}
type SetAttributes = (node: unknown, attributes: Attributes) => void;

/** The part of Emscripten's module that is touched here; it has no types of its own. */
interface EmscriptenModule {
  NODEFS: Record<'node_ops' | 'stream_ops', { setattr: SetAttributes }>;
}

/**
 * PGlite's files on disk, readable by nobody but their owner: Emscripten sets the mode of each new
 * file by chmod, 0666, past the umask.
 */
class PrivateFileSystem extends NodeFS {
  override async init(
    ...[pglite, options]: Parameters<NodeFS['init']>
  ): ReturnType<NodeFS['init']> {
    const preRun = [
      ...(options.preRun ?? []),
      (module: unknown) => keepPrivate(module as EmscriptenModule),
    ];
    return super.init(pglite, { ...options, preRun });
  }
}

function keepPrivate({ NODEFS }: EmscriptenModule): void {
  for (const operations of [NODEFS.node_ops, NODEFS.stream_ops]) {
    const setAttributes = operations.setattr;
    operations.setattr = (node, attributes) =>
      setAttributes(
        node,
        attributes.mode == null ? attributes : { ...attributes, mode: attributes.mode & ~0o077 },
      );
  }
}

/**
 * V8 would optimize PostgreSQL's largest functions while it opens: for one of 100 KB it takes a
 * second of a core and 600 MB, more than all the rest, and gains nothing. What runs for the first time
 * after the opening is optimized as ever. V8's flags are those of the process, hence put back; the
 * first has no effect on anybody who has the second.
 */
async function open(dataDir: string): Promise<PGlite> {
  setFlagsFromString('--no-wasm-tier-up');
  setFlagsFromString('--no-wasm-dynamic-tiering');
  try {
    return await PGlite.create({ fs: new PrivateFileSystem(dataDir) });
  } finally {
    setFlagsFromString('--wasm-dynamic-tiering');
  }
}

/**
 * Carries out one exchange; it is done when this returns, and only told by a promise. The method for
 * answers in one piece would parse them all besides, and keep what it has parsed for ever (PGlite 0.5.16).
 */
async function answerTo(exchange: Uint8Array, pglite: PGlite): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  const onRawData = (part: Uint8Array) => void parts.push(part.slice());
  await pglite.execProtocolRawStream(exchange, { syncToFs: false, onRawData });
  // A copy: short ones are in the pool of Buffer, which is not to be given away.
  return new Uint8Array(Buffer.concat(parts));
}

function say(message: FromWorker, transfer: ArrayBuffer[] = []): void {
  parentPort?.postMessage(message, transfer);
}

try {
  const pglite = await open(String(workerData));
  parentPort?.on('message', async (message: ToWorker) => {
    if (message === 'close') {
      await pglite.close().finally(() => say('closed'));
      return;
    }
    const answer = await answerTo(message, pglite);
    say(answer, [answer.buffer]);
  });
  say('ready');
} catch (error) {
  say({ failed: error instanceof Error ? error.message : String(error) });
}
