import { Global, Module } from '@nestjs/common';
import { AccountBreakers, BREAKER_RANDOM } from './account-breakers.service.js';
import { SmtpAccounts } from './smtp-accounts.service.js';

/** Needs the settings, `DatabaseModule`, `VaultModule` and `MailerConfigModule`. */
@Global()
@Module({
  providers: [SmtpAccounts, AccountBreakers, { provide: BREAKER_RANDOM, useValue: Math.random }],
  exports: [SmtpAccounts, AccountBreakers],
})
export class SmtpAccountModule {}
