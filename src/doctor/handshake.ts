import type { X509Certificate } from 'node:crypto';
import { isIP, type Socket } from 'node:net';
import { connect, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type { SmtpSettings } from '#mailer-config';
import { connectionOptions } from '#smtp';
import { Tap } from './tap.js';

/** How a TLS handshake went, whoever the other side turned out to be. */
export type Handshake =
  | {
      readonly kind: 'secured';
      readonly socket: TLSSocket;
      /** `TLSv1.3`. */
      readonly protocol: string;
      /** What Node has against the certificate; undefined: it is verified. */
      readonly distrust: string | undefined;
      /** Taken at once: Node forgets it with the first data it reads where it is not verified. */
      readonly certificate: X509Certificate | undefined;
      readonly ms: number;
    }
  | Unsecured;

export interface Unsecured {
  readonly kind: 'failed';
  readonly how: 'error' | 'closed' | 'silence';
  /** Node's code, mostly OpenSSL's reason. */
  readonly code: string | undefined;
  readonly message: string;
  /** What came instead of TLS, or began it. */
  readonly received: Buffer;
  readonly ms: number;
}

/**
 * As the transport does it; as Node does it by default; as nobody should (to tell what an outdated
 * server would still speak: nothing is ever sent over such a connection).
 */
export type Strictness = 'as-set' | 'node-default' | 'lax';

/**
 * A TLS handshake that goes through whatever the certificate says: that is judged afterwards.
 * @param ms hard end
 */
export async function shakeHands(
  socket: Socket,
  plan: SmtpSettings,
  ms: number,
  strictness: Strictness = 'as-set',
): Promise<Handshake> {
  const began = performance.now();
  const tap = new Tap(socket);
  const secure = connect({ socket: tap, ...tlsOptions(plan, strictness) });
  let timer: NodeJS.Timeout | undefined;
  let certificate: X509Certificate | undefined;
  const how = await new Promise<'secured' | Unsecured['how'] | NodeJS.ErrnoException>((resolve) => {
    timer = setTimeout(resolve, Math.max(ms, 1), 'silence' as const);
    secure.once('secureConnect', () => {
      certificate = secure.getPeerX509Certificate();
      resolve('secured');
    });
    secure.once('error', resolve);
    secure.once('close', () => resolve('closed'));
    secure.once('end', () => resolve('closed'));
  });
  clearTimeout(timer);
  // errors may still come, and belong to whoever has the socket then
  secure.on('error', () => {});
  const took = Math.round(performance.now() - began);
  if (how === 'secured')
    return {
      kind: 'secured',
      socket: secure,
      protocol: secure.getProtocol() ?? 'TLS',
      distrust: secure.authorized ? undefined : String(secure.authorizationError),
      certificate,
      ms: took,
    };
  secure.destroy();
  const error = typeof how === 'string' ? undefined : how;
  const hangup = error?.code === 'ECONNRESET' || error?.code === 'EPIPE';
  return {
    kind: 'failed',
    how: typeof how === 'string' ? how : hangup ? 'closed' : 'error',
    code: error?.code,
    message: error?.message ?? '',
    received: tap.first,
    ms: took,
  };
}

function tlsOptions(plan: SmtpSettings, strictness: Strictness): ConnectionOptions {
  const set = connectionOptions(plan).tls as ConnectionOptions;
  const { minVersion: _floor, ciphers: _list, ...trust } = set;
  const name = plan.tls.servername ?? (isIP(plan.host) ? undefined : plan.host);
  const identity = {
    host: plan.host,
    ...(name && { servername: name }),
    rejectUnauthorized: false,
  };
  switch (strictness) {
    case 'as-set':
      return { ...set, ...identity };
    case 'node-default':
      return { ...trust, ...identity };
    case 'lax':
      return { ...trust, ...identity, minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    default:
      return strictness satisfies never;
  }
}

/** The number of the alert that ended the handshake (RFC 8446 section 6); undefined: none did. */
export function alertOf({ received, message }: Pick<Unsecured, 'received' | 'message'>) {
  const named = /SSL alert number (\d+)/.exec(message)?.[1];
  if (named) return Number(named);
  return received[0] === 0x15 && received[1] === 0x03 ? received[6] : undefined;
}

/** RFC 8446 section 6: what the server says it does not like. */
export const ALERT = {
  handshakeFailure: 40,
  badCertificate: 42,
  unknownCa: 48,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  unrecognizedName: 112,
  certificateRequired: 116,
} as const;

/** Milliseconds for a server to say something after a handshake: with TLS 1.3 only that ends it. */
export const AFTER_HANDSHAKE = 1_000;
