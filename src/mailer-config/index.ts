export { MailerConfigModule } from './mailer-config.module.js';
export { isServerNamed } from './named-server.js';
export { presetsTable } from './presets-document.js';
export type { ProviderPreset } from './provider-preset.js';
export { presetOfHost, providerPresets } from './provider-presets.js';
export { resolveSmtpSettings } from './resolve-smtp-settings.js';
export { settingAliases } from './setting-aliases.js';
export { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';
export { smtpSchema } from './smtp-settings.schemas.js';
