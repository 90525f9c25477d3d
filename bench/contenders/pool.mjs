// The baseline: nodemailer's pool with its composing, of the same mails.
import { createTransport } from 'nodemailer';
import { SENDER } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { sixKibibytes } from '../mails.mjs';
import { poolOptions } from '../nodemailer-pool.mjs';

export function start({ atOnce, ...pool }) {
  const transport = createTransport(poolOptions(pool));
  const message = sixKibibytes();
  const send = (i) => {
    const { locale: _, ...mail } = message(i);
    return transport.sendMail({ from: SENDER, ...mail });
  };
  return {
    prepare: () => inFlight(pool.connections, { mails: pool.connections }, send),
    run: (amount) => inFlight(atOnce, amount, send),
    stop: () => transport.close(),
  };
}
