export { type Environment, type GivenSetting } from './environment.js';
export {
  type ConfigurationSource,
  processSource,
  readEnvironment,
  reasonOf,
} from './environment.config.js';
export { type Fault, type FaultCode, faultCodes, Refusal, refuse } from './fault.errors.js';
export { formatFault, formatReport, SETTINGS_EXIT_CODE } from './fault-report.js';
export type { Findings } from './findings.js';
export { type Reading, readSettings } from './read-settings.js';
export { resolveSettings } from './resolve-settings.js';
export { descriptionsOf, setting, type SettingDescription } from './setting.js';
export { SettingNames } from './setting-names.js';
export { envExample, settingsTable, withSettingsTable } from './settings-document.js';
export { SETTINGS, type Settings } from './settings.js';
export { settingsSchema } from './settings.schemas.js';
export { anyText, boolean, duration, emailAddress, oneOf, port, wholeNumber } from './values.js';
export { dnsName } from './web-url.js';
