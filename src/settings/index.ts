export { type Environment } from './environment.js';
export { type ConfigurationSource, processSource, readEnvironment } from './environment.config.js';
export { type Fault, type FaultCode, faultCodes, Refusal, refuse } from './fault.errors.js';
export { formatFault, formatReport, SETTINGS_EXIT_CODE } from './fault-report.js';
export { Findings } from './findings.js';
export { shownValue } from './masked-value.js';
export { mayReach } from './recipients.js';
export { type Reading, readSettings } from './read-settings.js';
export { resolveSettings } from './resolve-settings.js';
export {
  describe,
  descriptionsOf,
  redescribed,
  setting,
  type SettingDescription,
} from './setting.js';
export { SettingNames } from './setting-names.js';
export { envExample, settingsTable, withTable } from './settings-document.js';
export { SettingsModule } from './settings.module.js';
export { SETTINGS, type Settings } from './settings.js';
export { settingsSchema } from './settings.schemas.js';
export { nearest } from './spelling.js';
export { reasonOf } from './text-file.js';
export { anyText, boolean, duration, emailAddress, oneOf, port, wholeNumber } from './values.js';
export { dnsName } from './web-url.js';
