import type { Findings } from '#settings';
import { isLoopback } from './smtp-host.js';
import { type Security, type TlsMode, tlsMode } from './tls-mode.js';

export interface SecurityFlags {
  /** Undefined: it is at fault itself. */
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly tls: boolean | undefined;
  readonly opportunistic: boolean | undefined;
  readonly requireTls: boolean | undefined;
  readonly anyPort: boolean;
  readonly allowPlaintextAuth: boolean;
  /** "localhost" is then the proxy's machine. */
  readonly proxied: boolean;
  /** What signing in would send; undefined: nobody signs in. */
  readonly secret: 'password' | 'access token' | undefined;
  /** Host, port and TLS come from SMTP_URL. */
  readonly fromUrl: boolean;
}

export interface ConnectionSecurity {
  readonly port: number;
  readonly security: Security;
  readonly requireTls: boolean;
}

/**
 * The TLS table, and after it the rule that no password or token crosses the network in clear text:
 * SMTP_REQUIRE_TLS is true with credentials or where the host is not loopback. Where clear text
 * was asked for by name (both flags false) there is nothing to require.
 */
export function connectionSecurity(
  flags: SecurityFlags,
  findings: Findings,
): ConnectionSecurity | undefined {
  const mode = tlsMode(flags);
  if ('fault' in mode) {
    refuseMode(mode, flags, findings);
    return undefined;
  }
  const isLocal = flags.host === undefined || (isLoopback(flags.host) && !flags.proxied);
  if (mode.security === 'clear') judgeClearText(flags, isLocal, findings);
  else if (mode.security === 'starttls' && flags.requireTls === false && flags.secret)
    if (!isLocal && !flags.allowPlaintextAuth)
      findings.refuse(
        'AUTH_IN_CLEAR',
        'SMTP_REQUIRE_TLS',
        `Where the server, or somebody on the way, does not offer STARTTLS the ${flags.secret} would cross the network unencrypted.`,
        'Write SMTP_REQUIRE_TLS=true, or also SMTP_ALLOW_PLAINTEXT_AUTH=true on a network you trust.',
      );
  const byDefault = flags.secret !== undefined || !isLocal;
  return {
    ...mode,
    requireTls:
      mode.security === 'implicit-tls' ||
      (mode.security === 'starttls' && (flags.requireTls ?? byDefault)),
  };
}

function judgeClearText(flags: SecurityFlags, isLocal: boolean, findings: Findings): void {
  if (flags.requireTls)
    findings.refuse(
      'SETTING_CONFLICT',
      'SMTP_REQUIRE_TLS',
      'SMTP_TLS=false with SMTP_OPPORTUNISTIC_TLS=false asks for clear text, which this setting forbids.',
      'Write SMTP_OPPORTUNISTIC_TLS=true to use STARTTLS, or SMTP_REQUIRE_TLS=false.',
    );
  else if (flags.secret && !isLocal && !flags.allowPlaintextAuth)
    findings.refuse(
      'AUTH_IN_CLEAR',
      'SMTP_OPPORTUNISTIC_TLS',
      `Without TLS and without STARTTLS the ${flags.secret} would cross the network unencrypted.`,
      'Write SMTP_OPPORTUNISTIC_TLS=true to use STARTTLS, or SMTP_ALLOW_PLAINTEXT_AUTH=true on a network you trust.',
    );
}

function refuseMode(
  mode: Extract<TlsMode, { fault: unknown }>,
  flags: SecurityFlags,
  findings: Findings,
): void {
  if (flags.fromUrl) refuseUrl(mode, flags, findings);
  else findings.refuse(mode.fault, blamed(mode.fault, flags), mode.why, mode.instead);
}

function blamed(fault: string, { tls }: SecurityFlags): string {
  if (tls !== undefined) return 'SMTP_TLS';
  return fault === 'BOTH_TLS_FLAGS' ? 'SMTP_OPPORTUNISTIC_TLS' : 'SMTP_PORT';
}

// The scheme of SMTP_URL says what SMTP_TLS says otherwise, so advice has to name the scheme.
function refuseUrl(
  mode: Extract<TlsMode, { fault: unknown }>,
  { tls, port, opportunistic }: SecurityFlags,
  findings: Findings,
): void {
  if (mode.fault === 'BOTH_TLS_FLAGS')
    findings.refuse(
      mode.fault,
      'SMTP_OPPORTUNISTIC_TLS',
      'TLS from the first byte (smtps:// in SMTP_URL) and STARTTLS (SMTP_OPPORTUNISTIC_TLS=true) exclude each other.',
      'Remove SMTP_OPPORTUNISTIC_TLS, or write SMTP_URL=smtp://… to use STARTTLS.',
    );
  else if (tls)
    findings.refuse(
      mode.fault,
      'SMTP_URL',
      `smtps:// speaks TLS from the first byte, but on port ${port} servers speak first, in clear text.`,
      `Write SMTP_URL=smtp://…:${port}${opportunistic === false ? ' and SMTP_OPPORTUNISTIC_TLS=true' : ''}, which secures the connection by STARTTLS, or SMTP_URL=smtps://…:465; if this server really differs, SMTP_TLS_ANY_PORT=true.`,
    );
  else
    findings.refuse(
      mode.fault,
      'SMTP_URL',
      `smtp:// waits for a greeting in clear text, but on port ${port} servers wait for TLS from the first byte: the connection would hang.`,
      `Write SMTP_URL=smtps://…:${port}${opportunistic ? ' and remove SMTP_OPPORTUNISTIC_TLS' : ''}, or SMTP_URL=smtp://…:587; if this server really differs, SMTP_TLS_ANY_PORT=true.`,
    );
}
