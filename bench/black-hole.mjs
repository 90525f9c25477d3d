// A place that answers nothing to whoever wants to connect: a thread that sleeps takes no connection
// out of the kernel's queue, and once that is full, the kernel drops what asks for one more, as a
// firewall would.
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';

const THREAD = `
  const { parentPort, workerData: gate } = require('node:worker_threads');
  const server = require('node:net').createServer((socket) => socket.on('error', () => {}));
  server.listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    setImmediate(() => Atomics.wait(new Int32Array(gate), 0, 0));
  });`;

/** Resolves when it is dark. */
export async function startBlackHole() {
  const gate = new SharedArrayBuffer(4);
  const thread = new Worker(THREAD, { eval: true, workerData: gate });
  const [port] = await once(thread, 'message');
  const queue = [];
  for (let isTaken = true; isTaken;) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    queue.push(socket);
    isTaken = await Promise.race([once(socket, 'connect'), sleep(100, false)]);
  }
  return {
    port,
    async stop() {
      for (const socket of queue) socket.destroy();
      Atomics.store(new Int32Array(gate), 0, 1);
      Atomics.notify(new Int32Array(gate), 0);
      await thread.terminate();
    },
  };
}
