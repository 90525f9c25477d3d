export { SmtpAccountModule } from './smtp-account.module.js';
export { SmtpAccounts } from './smtp-accounts.service.js';
