import { once } from 'node:events';
import type { Socket } from 'node:net';
import type { Act } from './smtp-script.js';

/** A server's socket and, where that one is TLS, the TCP socket under it. */
export interface Line {
  readonly socket: Socket;
  readonly tcp: Socket;
}

/**
 * Does on a server's socket what the script wants, or writes the ordinary reply.
 * @returns the reply code that was sent, 0 when the session is over, 1 for anything else
 */
export async function perform(line: Line, act: Act | undefined, ordinary: string): Promise<number> {
  const { socket } = line;
  if (!act) return ordinary === '' ? 1 : await write(socket, Buffer.from(ordinary), 0);
  switch (act.act) {
    case 'silence':
      if (!act.reading) socket.pause();
      if (!socket.destroyed) await once(socket, 'close').catch(() => {});
      return 0;
    case 'wait':
      await sleep(act.ms);
      return await perform(line, act.next(), ordinary);
    case 'end':
      if (act.how === 'rst') line.tcp.resetAndDestroy();
      else socket.end(act.bytes);
      return 0;
    case 'flood':
      for (let time = 0; time < act.times && !socket.destroyed; time += 1)
        if (!socket.write(act.bytes)) await drained(socket);
      return socket.destroyed ? 0 : 1;
    case 'then': {
      const code = await perform(line, act.first, ordinary);
      const next = await act.hook();
      return next ? await perform(line, next, '') : code;
    }
    case 'send': {
      const code = await write(socket, act.bytes, act.msPerByte);
      return act.meant ? code : Math.min(code, 1);
    }
    default:
      return act satisfies never;
  }
}

async function write(socket: Socket, bytes: Buffer, msPerByte: number): Promise<number> {
  if (msPerByte === 0) socket.write(bytes);
  else
    for (const byte of bytes) {
      if (socket.destroyed) return 0;
      socket.write(Buffer.from([byte]));
      await sleep(msPerByte);
    }
  return Number(/^\d{3}/.exec(bytes.toString('latin1', 0, 3))?.[0] ?? 1);
}

async function drained(socket: Socket): Promise<void> {
  const settled = new AbortController();
  const { signal } = settled;
  await Promise.race([once(socket, 'drain', { signal }), once(socket, 'close', { signal })]).catch(
    () => {},
  );
  settled.abort();
}

const sleep = async (ms: number): Promise<void> =>
  await new Promise((resolve) => setTimeout(resolve, ms));
