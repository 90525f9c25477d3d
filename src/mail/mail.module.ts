import { type DynamicModule, Global, Module } from '@nestjs/common';
import { CAN_SEND, MailService } from './mail.service.js';
import { MailboxBudget } from './mailbox-budget.service.js';

/** Needs `DatabaseModule`, `VaultModule`, `OutboxModule` and the settings. */
@Global()
@Module({})
export class MailModule {
  static forRoot(options: { canSend: boolean }): DynamicModule {
    return {
      module: MailModule,
      providers: [MailService, MailboxBudget, { provide: CAN_SEND, useValue: options.canSend }],
      exports: [MailService, MailboxBudget],
    };
  }
}
