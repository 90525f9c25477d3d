import { type DynamicModule, Module } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { JUDGED_AT_START, judgedByItself } from './judged-at-start.js';
import { START_CHECK_DELAY, StartCheck, startCheckDelay } from './start-check.service.js';
import type { JudgedSettings } from './walk.js';

/** The doctor in a process that runs. Needs the modules of settings, accounts and OAuth2. */
@Module({})
export class DoctorModule {
  /**
   * @param judged what was said of the settings at start; undefined: it is found out
   * @param checksAtStart does this process deliver?
   */
  static forRoot(
    judged: JudgedSettings | undefined,
    { checksAtStart }: { readonly checksAtStart: boolean },
  ): DynamicModule {
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
        ...(checksAtStart
          ? [StartCheck, { provide: START_CHECK_DELAY, useValue: startCheckDelay }]
          : []),
      ],
      exports: [JUDGED_AT_START],
    };
  }
}
