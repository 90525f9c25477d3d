// An SMTP server that takes everything and keeps nothing. It runs in a process of its own and so
// costs the measured one nothing. What no server has: `XTAK` answers how many mails it took.
import { createServer } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { optionsOfProgram, serve } from './program.mjs';
import { SinkSession } from './sink-session.mjs';

/**
 * @param offers EHLO keywords beside PIPELINING, 8BITMIME and ENHANCEDSTATUSCODES
 * @param replyDelay milliseconds before each reply
 * @param mailDelay milliseconds a mail takes, from its end to its 250; meanwhile the connection
 * reads nothing further, as a server that works on one mail after the other
 * @param tls key and certificate (PEM), to offer STARTTLS
 * @param onMail called with octets and recipient when a mail's 250 is due
 */
export function createSink({ offers = [], replyDelay = 0, mailDelay = 0, tls, onMail, taken }) {
  const capabilities = ['PIPELINING', '8BITMIME', 'ENHANCEDSTATUSCODES', ...offers];
  const secureContext = tls && createSecureContext(tls);
  return createServer({ noDelay: true }, (socket) => {
    let wire = socket;
    const say = (text) => {
      if (text === '') return;
      if (replyDelay === 0) wire.write(text, 'latin1');
      else setTimeout(() => wire.writable && wire.write(text, 'latin1'), replyDelay);
    };
    const listen = (secured) => {
      const session = new SinkSession({
        capabilities: secureContext && !secured ? [...capabilities, 'STARTTLS'] : capabilities,
        taken,
        onMail(octets, recipient) {
          if (mailDelay === 0) return void onMail(octets, recipient);
          setTimeout(() => {
            onMail(octets, recipient);
            if (wire.writable) say(session.go());
          }, mailDelay);
          return true;
        },
        onStartTls: () =>
          setImmediate(() => {
            socket.removeAllListeners('data');
            wire = new TLSSocket(socket, { isServer: true, secureContext });
            listen(true);
          }),
      });
      wire.on('error', () => socket.destroy());
      wire.on('data', (chunk) => say(session.take(chunk)));
    };
    listen(false);
    say('220 sink ESMTP\r\n');
  });
}

if (import.meta.main) {
  const { keepArrivals, ...options } = optionsOfProgram();
  const took = { mails: 0, octets: 0 };
  let arrivals = {};
  const sink = createSink({
    ...options,
    taken: () => took.mails,
    onMail(octets, recipient) {
      took.mails += 1;
      took.octets += octets;
      if (keepArrivals) arrivals[recipient] = performance.timeOrigin + performance.now();
    },
  });
  sink.listen(0, '127.0.0.1', () =>
    serve(
      { port: sink.address().port },
      {
        took: () => took,
        /** By recipient: milliseconds since 1970 when the 250 was due, of those since last asked. */
        arrivals() {
          const those = arrivals;
          arrivals = {};
          return those;
        },
      },
    ),
  );
}
