export { MailerConfigModule } from './mailer-config.module.js';
export { resolveSmtpSettings, type SmtpContext } from './resolve-smtp-settings.js';
export { settingAliases } from './setting-aliases.js';
export { isLoopback } from './smtp-host.js';
export { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';
export { smtpSchema } from './smtp-settings.schemas.js';
export { type Security, type TlsFlags, tlsMode, type TlsMode } from './tls-mode.js';
