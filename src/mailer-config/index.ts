export { MailerConfigModule } from './mailer-config.module.js';
export { resolveSmtpSettings } from './resolve-smtp-settings.js';
export { settingAliases } from './setting-aliases.js';
export { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';
export { smtpSchema } from './smtp-settings.schemas.js';
