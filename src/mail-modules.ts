import type { ModuleMetadata } from '@nestjs/common';
import { DatabaseModule } from '#database';
import { DeliveryModule } from '#delivery';
import { MailModule } from '#mail';
import { MailerConfigModule } from '#mailer-config';
import { MessageModule } from '#message';
import { MetricsModule } from '#metrics';
import { OAuth2Module } from '#oauth2';
import { OutboxModule, OutboxUpkeepModule } from '#outbox';
import { SettingsModule } from '#settings';
import { SmtpModule } from '#smtp';
import { SmtpAccountModule, SmtpAccounts } from '#smtp-account';
import { VaultModule } from '#vault';
import type { Ground } from './ground.js';

type Modules = NonNullable<ModuleMetadata['imports']>;

/** By what a mail gets into the outbox: in every process, whether it delivers or not. */
export function mailModules({ settings, connection, vault, account }: Ground): Modules {
  return [
    SettingsModule.forRoot(settings),
    DatabaseModule.forRoot(connection),
    VaultModule.forRoot(vault),
    MetricsModule,
    OutboxModule,
    MailerConfigModule.forRoot(account),
    SmtpAccountModule,
    OAuth2Module,
    MailModule.forRoot({
      canSend: {
        inject: [SmtpAccounts],
        useFactory: (accounts: SmtpAccounts) => () => accounts.current() !== undefined,
      },
    }),
  ];
}

/** By what it gets out again. */
export function deliveryModules(): Modules {
  const smtp = SmtpModule.forRoot({
    currentAccount: {
      inject: [SmtpAccounts],
      useFactory: (accounts: SmtpAccounts) => () => accounts.current(),
    },
  });
  return [OutboxUpkeepModule, DeliveryModule.forRoot({ imports: [MessageModule, smtp] })];
}
