import { type DynamicModule, Module } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { JUDGED_AT_START, judgedByItself } from './judged-at-start.js';
import type { JudgedSettings } from './walk.js';

/** What the doctor has to know in a process that runs. Needs `MailerConfigModule`. */
@Module({})
export class DoctorModule {
  /** @param judged what was said of the settings at start; undefined: it is found out */
  static forRoot(judged: JudgedSettings | undefined): DynamicModule {
    return {
      module: DoctorModule,
      global: true,
      providers: [
        {
          provide: JUDGED_AT_START,
          inject: [SMTP_SETTINGS],
          // The built-in inbox stands in for settings that name no server.
          useFactory: (account: SmtpSettings | undefined): JudgedSettings =>
            judged?.plan ? judged : judgedByItself(account),
        },
      ],
      exports: [JUDGED_AT_START],
    };
  }
}
