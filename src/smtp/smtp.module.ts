import { type DynamicModule, type FactoryProvider, Module } from '@nestjs/common';
import { MailerModule } from '@nestjs-modules/mailer';
import { SmtpSender } from './smtp-sender.service.js';
import { CURRENT_ACCOUNT, type CurrentAccount, SmtpTransport } from './smtp.transport.js';

/** The sender and the transport, by themselves, so that the mailer module can import them. */
@Module({})
class SmtpWireModule {}

/** Where accounts sign in with access tokens it wants ACCESS_TOKENS from a global module. */
@Module({})
export class SmtpModule {
  /** @param currentAccount makes the function that says what `MailerService` sends with now */
  static forRoot({
    currentAccount,
  }: {
    currentAccount: Pick<FactoryProvider<CurrentAccount>, 'inject' | 'useFactory'>;
  }): DynamicModule {
    const wire: DynamicModule = {
      module: SmtpWireModule,
      providers: [SmtpSender, SmtpTransport, { provide: CURRENT_ACCOUNT, ...currentAccount }],
      exports: [SmtpSender, SmtpTransport],
    };
    const mailer = MailerModule.forRootAsync({
      imports: [wire],
      inject: [SmtpTransport],
      useFactory: (transport: SmtpTransport) => ({
        transport,
        // nobody's mail reads files or URLs of this machine
        defaults: { disableFileAccess: true, disableUrlAccess: true },
      }),
    });
    return { module: SmtpModule, imports: [wire, mailer], exports: [wire] };
  }
}
