import { createSecureContext } from 'node:tls';
import { type Refusal, refuse } from '#settings';

export interface CipherSpec {
  readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
  /** OpenSSL cipher list; undefined: Node's. */
  readonly ciphers: string | undefined;
}

/**
 * A protocol floor, or a cipher list that OpenSSL accepts. OpenSSL knows `TLSv1.2` as a list as
 * well; read so, it would still offer TLS 1.3 and set no floor at all.
 */
export function cipherSpec(text: string): CipherSpec | Refusal {
  if (text === 'TLSv1.2' || text === 'TLSv1.3') return { minVersion: text, ciphers: undefined };
  try {
    createSecureContext({ ciphers: text, minVersion: 'TLSv1.2' });
    return { minVersion: 'TLSv1.2', ciphers: text };
  } catch {
    const version = /1[._]?3/.test(text) ? 'TLSv1.3' : 'TLSv1.2';
    const why = /^tls/i.test(text)
      ? 'OpenSSL knows no ciphers of this name, and protocol versions are written TLSv1.2 and TLSv1.3.'
      : 'OpenSSL finds no cipher that this list allows.';
    return refuse('CIPHER_SPEC_INVALID', why, version, 'HIGH:!aNULL');
  }
}

/** Is this list the name of a protocol, which OpenSSL reads as ciphers and not as a version? */
export function namesOldProtocol(ciphers: string): boolean {
  return /^(?:SSLv2|SSLv3|TLSv1|TLSv1\.[01])$/i.test(ciphers);
}
