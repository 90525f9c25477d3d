/**
 * How long the doctor waits for what, in milliseconds. Each is a hard end: nothing that drips in
 * meanwhile extends it. Measured: a mode is known after 0 to 335 ms, a refused login at Postfix
 * with Dovecot comes after 2.1 s, a tarpit's greeting after 8.
 */
export const LIMITS = {
  dns: 3_000,
  /** Each address. */
  tcp: 3_000,
  /** How long a server may be silent before it is asked whether it speaks TLS. */
  listenFirst: 300,
  /** How long a greeting is waited for. */
  greeting: 12_000,
  handshake: 5_000,
  ehlo: 5_000,
  oauth2: 10_000,
  auth: 15_000,
  envelope: 10_000,
  message: 60_000,
  delivery: 5_000,
  /** A side probe, from the look-up to EHLO. */
  trial: 4_000,
  whole: 20_000,
  wholeWithMessage: 60_000,
} as const;

export type Limits = { readonly [Name in keyof typeof LIMITS]: number };
