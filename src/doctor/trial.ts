import type { TLSSocket } from 'node:tls';
import type { ResolvedAddress } from '#egress';
import type { SmtpSettings } from '#mailer-config';
import type { Capabilities, Reply } from '#smtp';
import { speakerOf } from './banner.js';
import { describeCertificate } from './certificate.js';
import { connectTo } from './connect.js';
import { capabilitiesOf, isPositive, offersStartTls, sayEhlo } from './dialogue.js';
import { type Examination, modeOf } from './examination.js';
import { type Handshake, shakeHands } from './handshake.js';
import { type Door, planAt } from './settings-change.js';
import { Wire } from './wire.js';

/**
 * Settings that were tried to the end of EHLO, and through a verified handshake where they say
 * TLS. Nothing that is not proven this way is called `verified`; no credentials are sent.
 */
export interface Trial {
  readonly plan: SmtpSettings;
  readonly capabilities: Capabilities;
  readonly greeting: Reply;
  /** Is STARTTLS on offer, where it was not used? */
  readonly offersStartTls: boolean;
  /** `STARTTLS: TLSv1.3, certificate valid until 2027-02-11 for smtp.example.com, AUTH PLAIN LOGIN offered`. */
  readonly text: string;
  readonly ms: number;
}

/** Tries these settings. @returns undefined where they do not lead to EHLO */
export async function tryOut(
  examination: Examination,
  plan: SmtpSettings,
): Promise<Trial | undefined> {
  const began = performance.now();
  const timer = new TimeLeft(examination.within(examination.limits.trial));
  const addresses = await addressesOf(examination, plan);
  if (!addresses) return undefined;
  const connected = await connectTo(examination, plan, addresses, timer.left);
  if (connected.kind !== 'connected') return undefined;
  try {
    const reached =
      plan.security === 'implicit-tls'
        ? await overTls(examination, plan, connected.socket, timer)
        : await inClear(examination, plan, new Wire(connected.socket, examination.aside), timer);
    return reached && { plan, ...reached, ms: Math.round(performance.now() - began) };
  } finally {
    connected.socket.destroy();
  }
}

/**
 * Tries a port of the same host of which nothing is known but its number: who greets offers
 * STARTTLS or not, who stays silent may wait for TLS.
 */
export async function tryDoor(examination: Examination, port: number): Promise<Trial | undefined> {
  const { addresses, limits } = examination;
  const at = (door: Omit<Door, 'port'>) => planAt(examination.plan, { port, ...door });
  const listening = await connectTo(examination, at({ mode: 'none' }), addresses, limits.trial / 2);
  if (listening.kind !== 'connected') return undefined;
  const wire = new Wire(listening.socket, examination.aside);
  const spoke = await wire.stirs(Math.max(limits.listenFirst, 3 * listening.ms));
  const speaks = wire.first.length > 0 ? speakerOf(wire.first) : 'nothing';
  listening.socket.destroy();
  if (!spoke) return await tryOut(examination, at({ mode: 'implicit' }));
  if (speaks !== 'smtp') return undefined;
  return await tryPlainPort(examination, at({ mode: 'starttls' }), at({ mode: 'none' }));
}

/**
 * STARTTLS, and clear text only where the server has nothing better: a certificate that is no good
 * is no reason to do without.
 */
export async function tryPlainPort(
  examination: Examination,
  starttls: SmtpSettings,
  clear: SmtpSettings,
): Promise<Trial | undefined> {
  const upgraded = await tryOut(examination, starttls);
  if (upgraded) return upgraded;
  const plain = await tryOut(examination, clear);
  return plain?.offersStartTls ? undefined : plain;
}

/**
 * The first other port that would do for this plan: with TLS where there are credentials.
 */
export async function findDoor(examination: Examination): Promise<Trial | undefined> {
  const { method, username } = examination.plan.auth;
  const signsIn = method !== 'none' && username !== undefined;
  const trials = await Promise.all(
    examination.doors.map(async (port) => await tryDoor(examination, port)),
  );
  const found = trials.filter((trial) => trial !== undefined);
  const encrypted = found.find(({ plan }) => modeOf(plan) !== 'none');
  return encrypted ?? (signsIn ? undefined : found[0]);
}

interface Reached extends Pick<Trial, 'capabilities' | 'greeting' | 'offersStartTls' | 'text'> {}

async function overTls(
  examination: Examination,
  plan: SmtpSettings,
  socket: Parameters<typeof shakeHands>[0],
  timer: TimeLeft,
): Promise<Reached | undefined> {
  const hands = await shakeHands(socket, plan, timer.left);
  if (!isTrusted(hands, plan)) return undefined;
  return await ehloOf(
    new Wire(hands.socket, examination.aside),
    plan,
    timer,
    tlsText(hands, 'TLS'),
  );
}

async function inClear(
  examination: Examination,
  plan: SmtpSettings,
  wire: Wire,
  timer: TimeLeft,
): Promise<Reached | undefined> {
  const plain = await ehloOf(wire, plan, timer, 'plain text');
  if (!plain || plan.security === 'clear') return plain;
  if (!plain.offersStartTls) return plan.requireTls ? undefined : plain;
  const answer = await wire.ask('STARTTLS', timer.left);
  if (answer.kind !== 'reply' || answer.reply.code !== 220 || wire.hasMore) return undefined;
  wire.release();
  const hands = await shakeHands(wire.socket as TLSSocket, plan, timer.left);
  if (!isTrusted(hands, plan)) return undefined;
  const secured = new Wire(hands.socket, examination.aside);
  return await ehloOf(secured, plan, timer, tlsText(hands, 'STARTTLS'), plain.greeting);
}

async function ehloOf(
  wire: Wire,
  plan: SmtpSettings,
  timer: TimeLeft,
  how: string,
  greeted?: Reply,
): Promise<Reached | undefined> {
  const greeting = greeted ?? replyOf(await wire.next(timer.left));
  if (!greeting || !isPositive(greeting)) return undefined;
  const ehlo = replyOf(await sayEhlo(wire, plan.ehloName, timer.left));
  if (!ehlo || !isPositive(ehlo)) return undefined;
  const capabilities = capabilitiesOf(ehlo);
  const { authMethods } = capabilities;
  const auth = authMethods.length > 0 ? `AUTH ${authMethods.join(' ')}` : 'no AUTH';
  const text = `${how}, ${auth} offered`;
  return { capabilities, greeting, offersStartTls: offersStartTls(ehlo), text };
}

const replyOf = (heard: Awaited<ReturnType<Wire['next']>>): Reply | undefined =>
  heard.kind === 'reply' ? heard.reply : undefined;

const isTrusted = (
  hands: Handshake,
  { tls }: SmtpSettings,
): hands is Extract<Handshake, { kind: 'secured' }> =>
  hands.kind === 'secured' && (hands.distrust === undefined || tls.insecure);

const tlsText = (
  { certificate, protocol }: Extract<Handshake, { kind: 'secured' }>,
  how: string,
): string => `${how}: ${protocol}, ${describeCertificate(certificate)}`;

async function addressesOf(
  examination: Examination,
  { host, reach, proxy }: SmtpSettings,
): Promise<readonly ResolvedAddress[] | undefined> {
  const { plan, addresses, names, limits } = examination;
  if (host === plan.host) return addresses;
  if (proxy && reach === 'any') return [];
  const late = new Promise<undefined>((resolve) => {
    setTimeout(resolve, examination.within(limits.dns), undefined).unref();
  });
  return await Promise.race([names.resolve(host, reach).catch(() => undefined), late]);
}

/** One deadline for a row of steps. */
class TimeLeft {
  readonly #ends: number;

  constructor(ms: number) {
    this.#ends = performance.now() + ms;
  }

  get left(): number {
    return Math.max(1, this.#ends - performance.now());
  }
}
