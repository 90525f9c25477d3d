// An SMTP server that takes everything at once and keeps nothing. Run by itself (see
// sink-process.mjs) it costs the measured process nothing: it prints its port, and answers each
// line on stdin with how many messages it took. DELAY is the time before each reply in milliseconds.
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const replies = {
  EHLO: '250-sink\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n',
  DATA: '354 go on\r\n',
  QUIT: '221 bye\r\n',
};

/** @param onMessage called when a final dot has come, before it is answered */
export function createSink({ delay = 0, onMessage }) {
  return createServer({ noDelay: true }, (socket) => {
    let rest = '';
    let inBody = false;
    const say = (text) =>
      delay > 0
        ? setTimeout(() => socket.writable && socket.write(text), delay)
        : socket.write(text);
    say('220 sink ESMTP\r\n');
    socket.on('error', () => socket.destroy());
    socket.setEncoding('latin1');
    socket.on('data', (data) => {
      rest += data;
      let answer = '';
      for (;;) {
        if (inBody) {
          const end = rest.startsWith('.\r\n') ? -2 : rest.indexOf('\r\n.\r\n');
          if (end === -1) {
            rest = rest.slice(-4);
            break;
          }
          rest = rest.slice(end + 5);
          inBody = false;
          onMessage();
          answer += '250 2.0.0 taken\r\n';
          continue;
        }
        const end = rest.indexOf('\r\n');
        if (end === -1) break;
        const verb = rest.slice(0, 4).toUpperCase();
        rest = rest.slice(end + 2);
        answer += replies[verb] ?? '250 2.0.0 ok\r\n';
        inBody = verb === 'DATA';
      }
      if (answer) say(answer);
    });
  });
}

if (import.meta.main) {
  let count = 0;
  const sink = createSink({
    delay: Number(process.env.DELAY ?? 0),
    onMessage: () => {
      count += 1;
    },
  });
  sink.listen(0, '127.0.0.1', () => console.log(sink.address().port));
  createInterface({ input: process.stdin }).on('line', () => console.log(count));
}
