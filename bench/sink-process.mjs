import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { startProgram } from './program.mjs';

/** Starts bench/sink.mjs; see there for the options. */
export async function startSink(options = {}) {
  const sink = await startProgram('sink.mjs', options);
  return {
    port: sink.port,
    /** @returns `mails` and their `octets` */
    took: () => sink.ask('took'),
    arrivals: () => sink.ask('arrivals'),
    stop: () => sink.stop(),
  };
}

/** Asks a sink how many mails it took, from whichever process. */
export async function askSink(port) {
  const socket = connect(port, '127.0.0.1');
  const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
  await lines.next();
  return {
    async count() {
      socket.write('XTAK\r\n');
      return Number((await lines.next()).value.slice(4));
    },
    async close() {
      socket.end();
      await once(socket, 'close');
    },
  };
}
