import type { Environment, Findings } from '#settings';
import type { ProviderPreset } from './provider-preset.js';
import type { SmtpReading } from './resolve-account.js';

/** Host, port and SMTP_TLS; undefined where nobody says it. */
export interface NamedServer {
  readonly host: string | undefined;
  readonly port: number | undefined;
  readonly tls: boolean | undefined;
}

/** Is there any word of a mail server, right or wrong? Without one the built-in inbox takes over. */
export function isServerNamed(environment: Environment): boolean {
  return ['SMTP_HOST', 'SMTP_URL', 'SMTP_PROVIDER'].some((name) => environment.has(name));
}

/**
 * The server as SMTP_URL or the settings name it, the rest from the preset. Port and TLS mode
 * of a preset are one door: whoever names another port or mode uses neither of the preset's, so
 * that SMTP_TLS=true beside a preset for 587 means 465, as it does without one.
 */
export function namedServer(given: SmtpReading, findings: Findings): NamedServer {
  const named = given.SMTP_URL ?? {
    host: given.SMTP_HOST,
    port: given.SMTP_PORT,
    tls: given.SMTP_TLS,
  };
  const preset = given.SMTP_PROVIDER;
  if (!preset) return named;
  const differing = differences(named, given.SMTP_OPPORTUNISTIC_TLS, preset);
  const ofUrl = differing.filter((setting) => setting !== 'SMTP_OPPORTUNISTIC_TLS');
  if (given.SMTP_URL && ofUrl.length > 0) refuseUrl(preset, findings);
  else warn(differing, preset, findings);
  const host = named.host ?? preset.host;
  const tls = preset.security === 'implicit-tls';
  const isOtherDoor =
    differing.includes('SMTP_PORT') ||
    differing.includes('SMTP_TLS') ||
    (tls && given.SMTP_OPPORTUNISTIC_TLS === true);
  return isOtherDoor ? { ...named, host } : { host, port: preset.port, tls };
}

/** The settings that say something else than the preset. */
function differences(
  { host, port, tls }: NamedServer,
  starttls: boolean | undefined,
  preset: ProviderPreset,
): string[] {
  const implicit = preset.security === 'implicit-tls';
  return [
    ...(host !== undefined && host !== preset.host ? ['SMTP_HOST'] : []),
    ...(port !== undefined && port !== preset.port ? ['SMTP_PORT'] : []),
    ...(tls !== undefined && tls !== implicit ? ['SMTP_TLS'] : []),
    ...(starttls !== undefined && starttls === implicit ? ['SMTP_OPPORTUNISTIC_TLS'] : []),
  ];
}

function warn(differing: readonly string[], preset: ProviderPreset, findings: Findings): void {
  const door = differing.find((setting) => setting !== 'SMTP_HOST');
  if (differing.includes('SMTP_HOST'))
    findings.warn(
      'PRESET_CONTRADICTED',
      'SMTP_HOST',
      `SMTP_PROVIDER=${preset.name} means ${preset.host}, and what is set explicitly wins.`,
      'Remove SMTP_HOST to use the server of the provider, or remove SMTP_PROVIDER.',
    );
  if (door)
    findings.warn(
      'PRESET_CONTRADICTED',
      door,
      `SMTP_PROVIDER=${preset.name} means ${doorOf(preset)}, and what is set explicitly wins.`,
      `Remove ${door} to use that, or remove SMTP_PROVIDER and write SMTP_HOST=${preset.host}.`,
    );
}

function refuseUrl(preset: ProviderPreset, findings: Findings): void {
  findings.refuse(
    'SETTING_CONFLICT',
    'SMTP_PROVIDER',
    `This preset means ${preset.host}, ${doorOf(preset)}, and SMTP_URL says something else.`,
    'Remove SMTP_PROVIDER, or remove SMTP_URL and write SMTP_USERNAME=… and SMTP_PASSWORD=….',
  );
}

function doorOf({ port, security }: ProviderPreset): string {
  return `port ${port} with ${security === 'starttls' ? 'STARTTLS' : 'TLS from the first byte'}`;
}
