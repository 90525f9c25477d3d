import { Global, Module } from '@nestjs/common';
import { SmtpAccounts } from './smtp-accounts.service.js';

/** Needs `MailerConfigModule`. */
@Global()
@Module({ providers: [SmtpAccounts], exports: [SmtpAccounts] })
export class SmtpAccountModule {}
