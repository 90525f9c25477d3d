import { type DynamicModule, Global, Module } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { SmtpAccounts } from './smtp-accounts.service.js';

@Global()
@Module({})
export class SmtpAccountModule {
  static forRoot(account: SmtpSettings | undefined): DynamicModule {
    return {
      module: SmtpAccountModule,
      providers: [SmtpAccounts, { provide: SMTP_SETTINGS, useValue: account }],
      exports: [SmtpAccounts],
    };
  }
}
