import type { Socket } from 'node:net';
import { checkSubmissionPort, type ResolvedAddress } from '#egress';
import type { SmtpSettings } from '#mailer-config';
import { connectToFirst, openTunnel } from '#smtp';
import type { Examination } from './examination.js';

/** A connection, or why there is none. */
export type Connected =
  | { readonly kind: 'connected'; readonly socket: Socket; readonly ms: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly ms: number }
  /** Neither yes nor no in time. */
  | { readonly kind: 'silent'; readonly ms: number };

/**
 * Connects to one of these addresses, or through the proxy of the plan, and says nothing.
 * @param ms hard end
 */
export async function connectTo(
  examination: Examination,
  plan: SmtpSettings,
  addresses: readonly ResolvedAddress[],
  ms: number,
): Promise<Connected> {
  const began = performance.now();
  const took = (): number => Math.round(performance.now() - began);
  const ended = new AbortController();
  const late = new Error('late');
  const timer = setTimeout(() => ended.abort(late), examination.within(ms));
  const stop = (): void => ended.abort(late);
  examination.over.addEventListener('abort', stop);
  if (examination.over.aborted) stop();
  try {
    checkSubmissionPort(plan.host, plan.port, plan.reach);
    const opening = open(examination, plan, addresses, ended.signal);
    const socket = await Promise.race([opening, whenAborted(ended.signal)]);
    return { kind: 'connected', socket: examination.track(socket), ms: took() };
  } catch (error) {
    ended.abort(late);
    return error === late ? { kind: 'silent', ms: took() } : { kind: 'failed', error, ms: took() };
  } finally {
    clearTimeout(timer);
    examination.over.removeEventListener('abort', stop);
  }
}

async function open(
  { names }: Examination,
  plan: SmtpSettings,
  addresses: readonly ResolvedAddress[],
  ended: AbortSignal,
): Promise<Socket> {
  if (!plan.proxy) return await connectToFirst(addresses, plan, ended);
  const target = addresses.find(({ family }) => family === 4) ?? addresses[0];
  return await openTunnel(plan, plan.proxy, target?.address ?? plan.host, ended, names.resolve);
}

async function whenAborted(signal: AbortSignal): Promise<never> {
  signal.throwIfAborted();
  return await new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
  });
}
