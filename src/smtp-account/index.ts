export { AccountBreakers, type BreakerState } from './account-breakers.service.js';
export { SmtpAccountModule } from './smtp-account.module.js';
export { SmtpAccounts } from './smtp-accounts.service.js';
