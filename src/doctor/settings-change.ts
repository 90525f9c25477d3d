import { type SmtpSettings, speaksTlsAtOnce, startsInClear } from '#mailer-config';
import type { SettingValues } from './cause.js';
import type { TlsStart } from './report.js';

/** Where else the server may be reached. */
export interface Door {
  readonly host?: string;
  readonly port: number;
  readonly mode: TlsStart;
}

/** The same account at another door. */
export function planAt(plan: SmtpSettings, { host, port, mode }: Door): SmtpSettings {
  const security = { implicit: 'implicit-tls', starttls: 'starttls', none: 'clear' } as const;
  return {
    ...plan,
    host: host ?? plan.host,
    port,
    security: security[mode],
    requireTls: mode !== 'none',
  };
}

/**
 * What to write to get there: as little as possible, and what the settings then accept.
 *
 * @param given the settings that are written down already
 */
export function settingsFor(
  plan: SmtpSettings,
  { host = plan.host, port, mode }: Door,
  given: ReadonlySet<string>,
): SettingValues {
  const defaultPort = mode === 'implicit' ? 465 : 587;
  const unusual =
    mode === 'implicit' ? startsInClear.includes(port) : speaksTlsAtOnce.includes(port);
  return {
    ...(host !== plan.host && { SMTP_HOST: host }),
    ...((port !== plan.port || (!given.has('SMTP_PORT') && port !== defaultPort)) && {
      SMTP_PORT: String(port),
    }),
    SMTP_TLS: String(mode === 'implicit'),
    SMTP_OPPORTUNISTIC_TLS: String(mode === 'starttls'),
    ...(mode === 'none' && given.has('SMTP_REQUIRE_TLS') && { SMTP_REQUIRE_TLS: 'false' }),
    ...(unusual && { SMTP_TLS_ANY_PORT: 'true' }),
  };
}
