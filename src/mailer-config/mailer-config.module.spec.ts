import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { MailerConfigModule } from './mailer-config.module.js';
import { SMTP_SETTINGS, type SmtpSettings } from './smtp-settings.js';

@Injectable()
class Reader {
  constructor(@Inject(SMTP_SETTINGS) readonly smtp: SmtpSettings | undefined) {}
}

@Module({ providers: [Reader] })
class ReaderModule {}

describe('MailerConfigModule', () => {
  it.each([undefined, { name: 'environment' } as SmtpSettings])(
    'gives every module the settings it was made with: %o',
    async (settings) => {
      const app = await Test.createTestingModule({
        imports: [MailerConfigModule.forRoot(settings), ReaderModule],
      }).compile();
      expect(app.get(Reader).smtp).toBe(settings);
    },
  );
});
