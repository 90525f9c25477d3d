// The stronger baseline: nodemailer's own pool, without the module, and templates that are compiled
// once and have their styles inlined already.
import Handlebars from 'handlebars';
import { createTransport } from 'nodemailer';
import { SENDER } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { addressOf, resetTemplate, token } from '../mails.mjs';
import { poolOptions } from '../nodemailer-pool.mjs';

export function start({ atOnce, ...pool }) {
  const { subject, ...templates } = resetTemplate();
  const html = Handlebars.compile(templates.html);
  const text = Handlebars.compile(templates.text, { noEscape: true });
  const transport = createTransport(poolOptions(pool));
  return {
    run: (amount) =>
      inFlight(atOnce, amount, (i) => {
        const variables = { token: token(i) };
        return transport.sendMail({
          from: SENDER,
          to: addressOf(i),
          subject,
          html: html(variables),
          text: text(variables),
        });
      }),
    stop: () => transport.close(),
  };
}
