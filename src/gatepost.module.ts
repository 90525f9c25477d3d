import { type DynamicModule, Module } from '@nestjs/common';
import { LoggerModule } from 'nestjs-pino';
import { AdminModule } from '#admin';
import { AuthModule } from '#auth';
import { CommandModule } from '#command';
import { DatabaseModule } from '#database';
import { DeliveryModule } from '#delivery';
import { EdgeModule } from '#http';
import { InboxModule } from '#inbox';
import { MailModule } from '#mail';
import { MessageModule } from '#message';
import { MetricsModule } from '#metrics';
import { OneTimeTokenModule } from '#one-time-token';
import { OutboxModule } from '#outbox';
import type { Settings } from '#settings';
import { SmtpModule } from '#smtp';
import { SmtpAccountModule } from '#smtp-account';
import { UserModule } from '#user';
import { VaultModule } from '#vault';
import type { Ground } from './ground.js';
import { SettingsModule } from './settings.module.js';

/** The slices, put together: those that every process needs, and those of its role. */
@Module({})
export class GatepostModule {
  static forRoot(ground: Ground, role: Settings['role'] | 'command'): DynamicModule {
    const { settings, connection, vault, account, inbox } = ground;
    const everywhere = [
      LoggerModule.forRoot(ground.logging),
      SettingsModule.forRoot(settings),
      DatabaseModule.forRoot(connection),
      VaultModule.forRoot(vault),
      MetricsModule,
      OutboxModule,
      SmtpAccountModule.forRoot(account),
      MailModule.forRoot({ canSend: account !== undefined }),
      OneTimeTokenModule,
      UserModule,
      CommandModule,
    ];
    const api = [
      EdgeModule,
      AuthModule,
      AdminModule,
      ...(inbox ? [InboxModule.forRoot({ ...inbox, appName: settings.appName })] : []),
    ];
    const worker = account
      ? [DeliveryModule.forRoot({ imports: [MessageModule, SmtpModule.forRoot(account)] })]
      : [];
    return {
      module: GatepostModule,
      imports: [
        ...everywhere,
        ...(role === 'all' || role === 'api' ? api : []),
        ...(role === 'all' || role === 'worker' ? worker : []),
      ],
    };
  }
}
