// The transport with its composing against nodemailer's pool with its own: no database, no
// rendering.
//
// Equal: the sink, five connections that are open already, sender, recipient, Message-ID, date,
// subject, HTML and text, 6 KiB when composed. Not equal: our mail has a few headers more, and over
// STARTTLS nodemailer and we each choose the cipher as Node does.
import { amounts, atLeast, compare, cpuRow, ratiosOf } from './compare.mjs';
import { measured } from './report.mjs';
import { startSink } from './sink-process.mjs';
import { median } from './statistics.mjs';
import { createAuthority } from '../test/harness/certificates.ts';

const CONNECTIONS = 5;
/** Mails asked for at once. */
const AT_ONCE = 400;

async function race(title, sinkOptions, secure) {
  const sink = await startSink(sinkOptions);
  const common = { port: sink.port, connections: CONNECTIONS, atOnce: AT_ONCE, secure };
  try {
    const contenders = {
      transport: { contender: 'transport', ...common, amount: amounts.ours },
      nodemailer: { contender: 'pool', ...common, amount: amounts.baseline },
    };
    return await compare(title, contenders, sink);
  } finally {
    await sink.stop();
  }
}

const sides = { us: 'transport', them: 'nodemailer' };

export async function transport() {
  const rounds = await race('transport', {});
  return [
    atLeast("composing and sending 6 KiB against nodemailer's pool", rounds, {
      ...sides,
      target: 12,
    }),
    cpuRow('the same, processor time of the sending process a mail', rounds, {
      ...sides,
      target: 0.1,
    }),
  ].every(Boolean);
}

/** The same over STARTTLS and signed in; what it costs to encrypt is the same for both. */
export async function transportOverTls() {
  const tls = createAuthority().issue(['127.0.0.1']);
  const secure = { user: 'bench', pass: 'bench' };
  const rounds = await race('transport TLS', { tls, offers: ['AUTH PLAIN'] }, secure);
  const [rates, cpu] = ['rate', 'cpu'].map((what) =>
    median(ratiosOf(rounds, 'transport', 'nodemailer', what)),
  );
  return measured(
    'the same over STARTTLS with AUTH',
    `${rates.toFixed(2)} times`,
    `processor time ${cpu.toFixed(3)} times`,
    { ratio: rates, cpu },
  );
}
