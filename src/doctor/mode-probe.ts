import type { Socket } from 'node:net';
import { speaksTlsAtOnce } from '#mailer-config';
import { speakerOf } from './banner.js';
import { connectTo } from './connect.js';
import type { Connection, Examination } from './examination.js';
import { type Handshake, shakeHands } from './handshake.js';

/** Who said the first word, at a port that is expected to greet. */
export type Speech =
  /** The server did, or ended the connection: the wire has it. */
  | { readonly kind: 'server' }
  /** It waited for TLS, or answered it with something else that tells what it is. */
  | { readonly kind: 'asked'; readonly hands: Handshake }
  | { readonly kind: 'nobody' };

/**
 * Listens first. A plain SMTP server speaks first, a TLS server waits; a ClientHello said to a
 * plain server is talking out of turn, which costs reputation (Postfix logs PREGREET and answers
 * 521). So only who stays silent is asked, on a second connection, and the first goes on
 * listening: a slow greeting still wins.
 */
export async function whoSpeaksFirst(
  examination: Examination,
  { wire, rtt }: Connection,
): Promise<Speech> {
  const { plan, limits } = examination;
  const until = performance.now() + examination.within(patienceOf(examination));
  const isUsuallyTls = speaksTlsAtOnce.includes(plan.port);
  const headStart = isUsuallyTls ? 1 : Math.max(limits.listenFirst, 3 * rtt);
  if (await wire.stirs(Math.min(headStart, until - performance.now()))) return { kind: 'server' };

  let second: Socket | undefined;
  const asking = ask(examination, (socket) => (second = socket)).then(
    async (hands): Promise<Speech> =>
      hands && decides(hands) ? { kind: 'asked', hands } : await new Promise(() => {}),
  );
  const listening = wire
    .stirs(until - performance.now())
    .then((stirred): Speech => ({ kind: stirred ? 'server' : 'nobody' }));
  const speech = await Promise.race([listening, asking]);
  if (speech.kind !== 'asked') second?.destroy();
  return speech;
}

/** How long a greeting is waited for: longer than the transport does, to tell how late it is. */
export const patienceOf = ({ limits, plan }: Examination): number =>
  Math.min(limits.greeting, Math.max(3_000, 2 * plan.timeouts.greeting));

async function ask(
  examination: Examination,
  opened: (socket: Socket) => void,
): Promise<Handshake | undefined> {
  const { plan, addresses, limits } = examination;
  const connected = await connectTo(examination, plan, addresses, limits.tcp);
  if (connected.kind !== 'connected') return undefined;
  opened(connected.socket);
  return await shakeHands(connected.socket, plan, examination.within(limits.handshake));
}

/** A plain server may answer a ClientHello as it answers any nonsense: its greeting decides. */
const decides = (hands: Handshake): boolean =>
  hands.kind === 'secured' || (hands.received.length > 0 && speakerOf(hands.received) !== 'smtp');
