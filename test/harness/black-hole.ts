import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';

// The thread sleeps, so nothing takes connections out of the kernel's queue; once that is full,
// the kernel drops what asks for one more, as a firewall would.
const THREAD = `
  const { parentPort, workerData: { host, port, gate } } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}));
  server.listen({ host, port, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(gate), 0, 0));
  });`;

/** A place that answers nothing to whoever wants to connect. */
export class BlackHole {
  readonly #gate = new SharedArrayBuffer(4);
  readonly #worker: Worker;
  readonly #queue: Socket[] = [];

  constructor(
    readonly host: string,
    public port = 0,
  ) {
    this.#worker = new Worker(THREAD, { eval: true, workerData: { host, port, gate: this.#gate } });
  }

  /** Resolves when it is dark. */
  async ready(): Promise<void> {
    [this.port] = (await once(this.#worker, 'message')) as [number];
    for (;;) {
      const socket = connect(this.port, this.host).on('error', () => {});
      this.#queue.push(socket);
      const taken = await Promise.race([once(socket, 'connect'), sleep(100)]);
      if (!taken) return;
    }
  }

  /** From now on it takes connections, and those that still ask. */
  open(): void {
    Atomics.store(new Int32Array(this.#gate), 0, 1);
    Atomics.notify(new Int32Array(this.#gate), 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#queue) socket.destroy();
    this.open();
    await this.#worker.terminate();
  }
}

const sleep = async (ms: number): Promise<undefined> =>
  await new Promise((resolve) => setTimeout(resolve, ms, undefined));

/** @param port a free one unless given */
export async function startBlackHole(host: string, port?: number): Promise<BlackHole> {
  const hole = new BlackHole(host, port);
  await hole.ready();
  return hole;
}
