import { type DynamicModule, type FactoryProvider, Global, Module } from '@nestjs/common';
import { CAN_SEND, type CanSend, MailService } from './mail.service.js';
import { MailboxBudget } from './mailbox-budget.service.js';

/** Needs `DatabaseModule`, `VaultModule`, `OutboxModule` and the settings. */
@Global()
@Module({})
export class MailModule {
  /** @param canSend makes the function that says whether there is an account to send by now */
  static forRoot({
    canSend,
  }: {
    canSend: Pick<FactoryProvider<CanSend>, 'inject' | 'useFactory'>;
  }): DynamicModule {
    return {
      module: MailModule,
      providers: [MailService, MailboxBudget, { provide: CAN_SEND, ...canSend }],
      exports: [MailService, MailboxBudget],
    };
  }
}
