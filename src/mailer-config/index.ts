export {
  type AccountField,
  type AccountFieldName,
  accountFields,
  type AccountFields,
  inFieldNames,
} from './account-fields.js';
export { accountFieldsSchema } from './account-fields.schemas.js';
export { MailerConfigModule } from './mailer-config.module.js';
export { isServerNamed } from './named-server.js';
export { type Rung, RUNGS } from './pipelining.js';
export { presetsTable } from './presets-document.js';
export type { OAuth2Settings } from './oauth2-settings.js';
export type { CredentialShape, ProviderPreset } from './provider-preset.js';
export { presetOfHost, providerPresets } from './provider-presets.js';
export {
  type AccountFault,
  type AccountReading,
  type AccountSettings,
  readAccount,
  readAccountSettings,
} from './read-account.js';
export { resolveSmtpSettings } from './resolve-smtp-settings.js';
export { type DkimRecords, type SenderRecords, senderRecordsOf } from './sender-records.js';
export { settingAliases } from './setting-aliases.js';
export type { SmtpProxy } from './smtp-proxy.js';
export { isLoopback } from './smtp-host.js';
export { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';
export { smtpSchema } from './smtp-settings.schemas.js';
export { looksLikeKey } from './smtp-values.js';
export { speaksTlsAtOnce, startsInClear } from './tls-mode.js';
