import { type DynamicModule, Module } from '@nestjs/common';
import { MailerModule } from '@nestjs-modules/mailer';
import type { SmtpSettings } from '#mailer-config';
import { SmtpSender } from './smtp-sender.service.js';
import { SmtpTransport } from './smtp.transport.js';

/** The sender and the transport, by themselves, so that the mailer module can import them. */
@Module({ providers: [SmtpSender, SmtpTransport], exports: [SmtpSender, SmtpTransport] })
class SmtpWireModule {}

@Module({})
export class SmtpModule {
  /**
   * @param account what `MailerService` sends with; undefined: what `SmtpTransport.use` is given
   * once it is known
   */
  static forRoot(account: SmtpSettings | undefined): DynamicModule {
    const mailer = MailerModule.forRootAsync({
      imports: [SmtpWireModule],
      inject: [SmtpTransport],
      useFactory: (transport: SmtpTransport) => {
        transport.use(account);
        // nobody's mail reads files or URLs of this machine
        return { transport, defaults: { disableFileAccess: true, disableUrlAccess: true } };
      },
    });
    return { module: SmtpModule, imports: [SmtpWireModule, mailer], exports: [SmtpWireModule] };
  }
}
