// The baseline: `mailerService.sendMail` of @nestjs-modules/mailer with nodemailer's pool and the
// module's Handlebars adapter, straight from memory.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MailerModule, MailerService } from '@nestjs-modules/mailer';
import { HandlebarsAdapter } from '@nestjs-modules/mailer/adapters/handlebars.adapter';
import { NestFactory } from '@nestjs/core';
import { SENDER, temporaryDirectory } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { addressOf, resetTemplate, token } from '../mails.mjs';
import { poolOptions } from '../nodemailer-pool.mjs';

/** @param inlineCssEnabled the adapter's own default is true */
export async function start({ inlineCssEnabled = true, atOnce, ...pool }) {
  const { subject, html, text } = resetTemplate();
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'reset.hbs'), html);
  const app = await NestFactory.createApplicationContext(
    MailerModule.forRootAsync({
      imports: [],
      useFactory: () => ({
        transport: poolOptions(pool),
        defaults: { from: SENDER },
        template: {
          dir: directory,
          adapter: new HandlebarsAdapter(undefined, { inlineCssEnabled }),
        },
      }),
    }),
    { logger: false },
  );
  const mailer = app.get(MailerService, { strict: false });
  return {
    run: (amount) =>
      inFlight(atOnce, amount, (i) =>
        mailer.sendMail({
          to: addressOf(i),
          subject,
          text: text.replaceAll('{{token}}', token(i)),
          template: 'reset',
          context: { token: token(i) },
        }),
      ),
    stop: () => app.close(),
  };
}
