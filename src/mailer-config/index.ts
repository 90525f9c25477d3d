export { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';
