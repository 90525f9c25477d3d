// Draining queued mails to a local server: ours is durable as in production, the baselines send the
// same mail straight from memory and keep nothing.
//
// Equal: the sink, its process, what it offers, five connections, subject, HTML and text. Not equal,
// and to our cost: durability, and some sixty octets more of headers (Auto-Submitted and the like);
// the templates of the baselines have one variable, the token. What inlines styles in the module
// drops the sheet for dark and narrow screens, so that its mail is a kilobyte shorter.
import { amounts, atLeast, atRate, compare } from './compare.mjs';
import { newDatabase } from './postgresql.mjs';
import { startSink } from './sink-process.mjs';

const CONNECTIONS = 5;
/** Mails asked for at once from memory; more than connections and windows can hold. */
const AT_ONCE = 400;

const contenders = {
  durable: { contender: 'durable', amount: amounts.ours },
  memory: { contender: 'memory', atOnce: AT_ONCE, amount: amounts.ours },
  module: { contender: 'mailer-module', atOnce: AT_ONCE, amount: amounts.baseline },
  withoutInlining: {
    contender: 'mailer-module',
    atOnce: AT_ONCE,
    inlineCssEnabled: false,
    amount: amounts.baseline,
  },
  precompiled: { contender: 'precompiled', atOnce: AT_ONCE, amount: amounts.baseline },
};

/**
 * @param names of those that take part
 * @param amount instead of what each does in a round
 */
async function race(title, names, { databaseUrl, amount, ...sinkOptions }) {
  const sink = await startSink(sinkOptions);
  const common = {
    port: sink.port,
    connections: CONNECTIONS,
    databaseUrl,
    ...(amount && { amount }),
  };
  try {
    return await compare(
      title,
      Object.fromEntries(names.map((name) => [name, { ...contenders[name], ...common }])),
      sink,
    );
  } finally {
    await sink.stop();
  }
}

/** Claim, render, compose, send and settle on PostgreSQL; the server offers PIPELINING. */
export async function drain() {
  const everyone = ['durable', 'memory', 'module', 'withoutInlining', 'precompiled'];
  const databaseUrl = await newDatabase();
  const rounds = await race('drain', everyone, { databaseUrl });
  return [
    atLeast('drain on PostgreSQL against mailerService.sendMail', rounds, {
      us: 'durable',
      them: 'module',
      target: 12,
    }),
    atLeast("drain on PostgreSQL against nodemailer's pool with precompiled templates", rounds, {
      us: 'durable',
      them: 'precompiled',
      target: 8,
      remark: `the module with its CSS inlining off ${atRate(rounds, 'withoutInlining')}`,
    }),
    atLeast('drain on PostgreSQL against the same without a database', rounds, {
      us: 'durable',
      them: 'memory',
      target: 0.7,
    }),
  ].every(Boolean);
}

/** The same where the server offers CHUNKING, which nodemailer does not know. */
export async function drainChunking() {
  const databaseUrl = await newDatabase();
  const options = { databaseUrl, offers: ['CHUNKING'] };
  const rounds = await race('drain chunking', ['durable', 'memory', 'module'], options);
  return atLeast('drain on PostgreSQL with CHUNKING against mailerService.sendMail', rounds, {
    us: 'durable',
    them: 'module',
    target: 20,
    remark: `without a database ${atRate(rounds, 'memory')}`,
  });
}

/**
 * The same as `drain` on the embedded database, which has one thread of its own and takes long to be
 * filled.
 */
export async function drainEmbedded() {
  const rounds = await race('drain embedded', ['durable', 'module'], {
    amount: amounts.baseline,
  });
  return atLeast('drain on the embedded database against mailerService.sendMail', rounds, {
    us: 'durable',
    them: 'module',
    target: 1.5,
  });
}
