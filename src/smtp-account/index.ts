export { SmtpAccountModule } from './smtp-account.module.js';
export { SmtpAccounts, type AccountHealth } from './smtp-accounts.service.js';
