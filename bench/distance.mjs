// Puts a distance between a sender and a server: octets arrive half a round trip after they were
// sent, each way, in their order and in the pieces in which they came. Nothing limits how many are on
// their way, so that it has the delay of a long line and none of its other faults.
import { connect, createServer } from 'node:net';
import { optionsOfProgram, serve } from './program.mjs';

/** Milliseconds by which a piece may arrive early, so that it need not wait for another timer. */
const GRAIN = 0.5;

function carry(from, to, delay) {
  const onTheirWay = [];
  let timer;
  const arrive = () => {
    const now = performance.now();
    while (onTheirWay.length > 0 && onTheirWay[0].at <= now + GRAIN) {
      const { chunk } = onTheirWay.shift();
      if (chunk) to.write(chunk);
      else to.end();
    }
    timer =
      onTheirWay.length > 0 ? setTimeout(arrive, Math.floor(onTheirWay[0].at - now)) : undefined;
  };
  const send = (chunk) => {
    onTheirWay.push({ at: performance.now() + delay, chunk });
    timer ??= setTimeout(arrive, delay);
  };
  from.on('data', send);
  from.once('end', () => send(undefined));
  from.on('error', () => to.destroy());
}

const { port, roundTrip } = optionsOfProgram();
const server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => {
  const far = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
  carry(near, far, roundTrip / 2);
  carry(far, near, roundTrip / 2);
});
server.listen(0, '127.0.0.1', () => serve({ port: server.address().port }, {}));
