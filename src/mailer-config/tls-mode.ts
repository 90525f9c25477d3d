import type { FaultCode } from '#settings';

/*
 * How the two TLS flags and the port combine. This table is the only place that decides it.
 *
 *   SMTP_TLS  SMTP_OPPORTUNISTIC_TLS  port              result
 *   --------  ----------------------  ----------------  ---------------------------------------
 *   true      unset, false            465, 2465, 8465,  implicit TLS (RFC 8314)
 *                                     other
 *   true      true                    any               fault BOTH_TLS_FLAGS
 *   true      unset, false            587, 2587, 25     fault TLS_MODE_IMPLICIT_ON_PLAIN
 *   false     any                     465, 2465, 8465   fault TLS_MODE_PLAIN_ON_IMPLICIT
 *   false     true, unset             other             STARTTLS (RFC 3207)
 *   false     false                   other             clear text
 *
 * SMTP_TLS unset means true on 465, else false; SMTP_PORT unset means 465 with SMTP_TLS=true,
 * else 587. The two port rules are conventions, not laws: SMTP_TLS_ANY_PORT=true lifts them.
 *
 * 2525 is in neither list: providers use it with STARTTLS, others with TLS from the first byte.
 * To guess the mode from the port alone, as many clients do, was left out: a wrong guess hangs
 * for a whole time-out where a fault at start says what to write.
 */
export const speaksTlsAtOnce: readonly number[] = [465, 2465, 8465];
export const startsInClear: readonly number[] = [587, 2587, 25];

export interface TlsFlags {
  /** SMTP_TLS */
  readonly tls: boolean | undefined;
  /** SMTP_OPPORTUNISTIC_TLS */
  readonly opportunistic: boolean | undefined;
  /** SMTP_PORT */
  readonly port: number | undefined;
  /** SMTP_TLS_ANY_PORT */
  readonly anyPort: boolean;
}

export type Security = 'implicit-tls' | 'starttls' | 'clear';

/** One row's result; with a fault, why it can not work and what to write, as sentences. */
export type TlsMode =
  | { readonly security: Security; readonly port: number }
  | { readonly fault: FaultCode; readonly why: string; readonly instead: string };

/** The row of the table that these flags and this port meet. */
export function tlsMode(flags: TlsFlags): TlsMode {
  const tls = flags.tls ?? flags.port === 465;
  const port = flags.port ?? (tls ? 465 : 587);
  if (tls && flags.opportunistic) return bothFlags(port);
  if (tls && startsInClear.includes(port) && !flags.anyPort) return implicitOnPlain(port, flags);
  if (!tls && speaksTlsAtOnce.includes(port) && !flags.anyPort) return plainOnImplicit(port, flags);
  if (tls) return { security: 'implicit-tls', port };
  return { security: flags.opportunistic === false ? 'clear' : 'starttls', port };
}

function bothFlags(port: number): TlsMode {
  return {
    fault: 'BOTH_TLS_FLAGS',
    why: `TLS from the first byte (SMTP_TLS=true${port === 465 ? ', the default on port 465' : ''}) and STARTTLS (SMTP_OPPORTUNISTIC_TLS=true) exclude each other.`,
    instead: whichFlagToDrop(port),
  };
}

function whichFlagToDrop(port: number): string {
  if (speaksTlsAtOnce.includes(port))
    return `Port ${port} speaks TLS at once: keep SMTP_TLS=true and remove SMTP_OPPORTUNISTIC_TLS.`;
  if (startsInClear.includes(port))
    return `Port ${port} starts in clear text: keep SMTP_OPPORTUNISTIC_TLS=true and write SMTP_TLS=false.`;
  return `Write SMTP_TLS=false if the server on port ${port} greets in clear text, as most do; if it speaks TLS at once, remove SMTP_OPPORTUNISTIC_TLS.`;
}

function implicitOnPlain(port: number, { opportunistic }: TlsFlags): TlsMode {
  const starttls = opportunistic === false ? ' and SMTP_OPPORTUNISTIC_TLS=true' : '';
  return {
    fault: 'TLS_MODE_IMPLICIT_ON_PLAIN',
    why: `SMTP_TLS=true speaks TLS from the first byte, but on port ${port} servers speak first, in clear text.`,
    instead: `Write SMTP_TLS=false${starttls}, which secures the connection by STARTTLS, or SMTP_PORT=465; if this server really differs, SMTP_TLS_ANY_PORT=true.`,
  };
}

function plainOnImplicit(port: number, { tls, opportunistic }: TlsFlags): TlsMode {
  const given = tls === false ? 'SMTP_TLS=false waits' : 'Without SMTP_TLS=true we wait';
  const other = opportunistic ? ' and remove SMTP_OPPORTUNISTIC_TLS' : '';
  return {
    fault: 'TLS_MODE_PLAIN_ON_IMPLICIT',
    why: `${given} for a greeting in clear text, but on port ${port} servers wait for TLS from the first byte: the connection would hang.`,
    instead: `Write SMTP_TLS=true${other}, or SMTP_PORT=587; if this server really differs, SMTP_TLS_ANY_PORT=true.`,
  };
}
