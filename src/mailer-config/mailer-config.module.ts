import { type DynamicModule, Module } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';

/** Provides {@link SMTP_SETTINGS}, everywhere, as validated before the application was made. */
@Module({})
export class MailerConfigModule {
  /** @param settings undefined: no server is configured */
  static forRoot(settings: SmtpSettings | undefined): DynamicModule {
    return {
      module: MailerConfigModule,
      global: true,
      providers: [{ provide: SMTP_SETTINGS, useValue: settings }],
      exports: [SMTP_SETTINGS],
    };
  }
}
