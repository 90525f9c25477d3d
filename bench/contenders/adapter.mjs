// The baseline: the Handlebars adapter of the module on the same HTML, as `sendMail` calls it.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HandlebarsAdapter } from '@nestjs-modules/mailer/adapters/handlebars.adapter';
import { temporaryDirectory } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { resetTemplate, token } from '../mails.mjs';

export function start({ inlineCssEnabled = true }) {
  const dir = temporaryDirectory();
  writeFileSync(join(dir, 'reset.hbs'), resetTemplate().html);
  const adapter = new HandlebarsAdapter(undefined, { inlineCssEnabled });
  const options = { template: { dir, adapter } };
  const render = (i) => {
    const mail = { data: { template: 'reset', context: { token: token(i) } } };
    adapter.compile(
      mail,
      (fault) => {
        if (fault) throw fault;
      },
      options,
    );
    if (!mail.data.html.includes(token(i))) throw new Error('The token is not in the mail');
  };
  return { run: (amount) => inFlight(1, amount, render) };
}
