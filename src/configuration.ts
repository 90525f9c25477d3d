import {
  isServerNamed,
  resolveSmtpSettings,
  settingAliases,
  smtpSchema,
  type SmtpSettings,
} from '#mailer-config';
import {
  type ConfigurationSource,
  descriptionsOf,
  type Environment,
  type Fault,
  readEnvironment,
  readSettings,
  resolveSettings,
  SettingNames,
  type Settings,
  settingsSchema,
} from '#settings';

/** What is wrong with the settings, or what they say; warnings in either case. */
export type Configuration =
  | {
      readonly ok: true;
      readonly settings: Settings;
      /** Undefined: no server is configured. */
      readonly smtp: SmtpSettings | undefined;
      readonly warnings: readonly Fault[];
    }
  | {
      readonly ok: false;
      readonly faults: readonly Fault[];
      /** Where nothing it needs is at fault. */
      readonly smtp: SmtpSettings | undefined;
      readonly warnings: readonly Fault[];
    };

/** Every setting there is, in the order people read them. */
export const settingSchemas = [settingsSchema, smtpSchema] as const;

/**
 * Reads and judges all settings together, so that one start shows every fault. Reads files
 * (`.env`, `NAME_FILE`, certificates) and nothing else; changes nothing.
 */
export function loadConfiguration(source: ConfigurationSource): Configuration {
  return readConfiguration(source).configuration;
}

/**
 * The same, with every setting as it was given: what the doctor reports of. Secrets are among them,
 * so that nobody else should keep it.
 */
export function readConfiguration(source: ConfigurationSource): {
  readonly configuration: Configuration;
  readonly environment: Environment;
} {
  const names = new SettingNames(descriptionsOf(settingSchemas), settingAliases);
  const { environment, findings } = readEnvironment(source, names);
  names.judge(environment, findings);
  const general = readSettings(settingsSchema, environment, findings);
  const account = readSettings(smtpSchema, environment, findings);
  const production = general.NODE_ENV === 'production';
  const inboxIsBuiltIn = !isServerNamed(environment) && !production;
  const settings = resolveSettings(general, inboxIsBuiltIn, findings);
  const smtp = resolveSmtpSettings(account, { production, ...settings }, environment, findings);
  const order = [...names.descriptions.keys()];
  const warnings = inOrder(findings.warnings, order);
  const configuration: Configuration =
    findings.faults.length > 0
      ? { ok: false, faults: inOrder(findings.faults, order), smtp, warnings }
      : { ok: true, settings, smtp, warnings };
  return { configuration, environment };
}

/** In the order of the settings; names that are none come first. */
function inOrder(faults: readonly Fault[], order: readonly string[]): readonly Fault[] {
  const place = ({ setting }: Fault): number =>
    Math.max(order.indexOf(setting), order.indexOf(setting.replace(/_FILE$/, '')));
  return [...faults].sort((a, b) => place(a) - place(b));
}
