import { accountedFor } from '../harness/accounted.js';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { type MailState, mailsOf, queueMails } from '../harness/mails.js';
import {
  type Act,
  andThen,
  drip,
  drop,
  endlessLine,
  endlessLines,
  garbage,
  type Moment,
  reply,
  reset,
  type Script,
  type ScriptStage,
  silence,
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
  truncated,
} from '../harness/smtp-server.js';

// What a server can do to one mail, seen from the outside: by the server and by the outbox. What
// each attempt makes of it is in src/smtp/outcomes.spec.ts.

const auth = { user: 'ada', pass: 'the right one', inClear: true };

async function start(options: SmtpServerOptions = {}, env: Record<string, string> = {}) {
  const server = await startSmtpServer({ auth, ...options });
  const app = await startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_SENDER: 'Acme <no-reply@acme.example>',
    SMTP_USERNAME: auth.user,
    SMTP_PASSWORD: auth.pass,
    SMTP_REQUIRE_TLS: 'false',
    SMTP_TIMEOUT_COMMAND: '4s',
    SMTP_TIMEOUT_DATA: '4s',
    ...env,
  });
  return { server, app };
}

/** Acts the first time, and is ordinary from then on. */
function once(act: Act): () => Act | undefined {
  let isLeft = true;
  return () => {
    if (!isLeft) return undefined;
    isLeft = false;
    return act;
  };
}

const messageIdOf = (raw: Buffer) => /^Message-ID: (\S+)/im.exec(raw.toString())?.[1];
const to = (server: SmtpServer, email: string) =>
  server.messages.filter(({ rcpts }) => rcpts.includes(email));

/** At one time or another the fault hits each mail alone: its name says which. */
interface Case {
  readonly title: string;
  readonly stage: ScriptStage;
  readonly act: Act;
  /** Every time, not only the first. */
  readonly always?: true;
}

/** Mails without a fault for each with one: an account that only fails is left alone. */
const ORDINARY = 5;

/** Sends one mail for each case at once, each with the fault of its case, among ordinary ones. */
async function sendAll(server: SmtpServer, app: TestApp, cases: readonly Case[]) {
  const used = new Set<number>();
  const stepAt = (stage: ScriptStage) => (moment: Moment) => {
    const who = stage === 'rcpt' ? moment.line : (moment.rcpts[0] ?? '');
    const n = Number(/case(\d+)@/.exec(who)?.[1] ?? -1);
    const hit = cases[n];
    if (hit?.stage !== stage || (used.has(n) && !hit.always)) return undefined;
    used.add(n);
    return hit.act;
  };
  server.script = Object.fromEntries(
    (['rcpt', 'data', 'body', 'bdat', 'dot'] as const).map((stage) => [stage, stepAt(stage)]),
  );
  await queueMails(app, cases.length * (1 + ORDINARY), 'case');
  const summary = await accountedFor(app, server, undefined, 140_000);
  const states = new Map((await mailsOf(app)).map((mail) => [mail.to, mail]));
  return {
    summary,
    of: (n: number) => {
      const email = `case${n}@example.com`;
      return { state: states.get(email) as MailState, messages: to(server, email) };
    },
  };
}

type Sent = Awaited<ReturnType<typeof sendAll>>;

describe.each([
  ['commands in turn', []],
  ['commands grouped', ['PIPELINING', 'SIZE 10485760']],
  ['messages in chunks', ['PIPELINING', 'CHUNKING', '8BITMIME']],
])('what a server answers to one mail, %s', (_name, extensions) => {
  const cases: readonly Case[] = [
    { title: 'A06: 450 to RCPT', stage: 'rcpt', act: reply(450, '4.2.0 later') },
    { title: 'A06: 451 to DATA', stage: 'data', act: reply(451, '4.3.0 later') },
    { title: 'A06: 451 to the message', stage: 'dot', act: reply(451, '4.3.0 later') },
    { title: 'A08: 452 to RCPT', stage: 'rcpt', act: reply(452, '4.2.2 over quota') },
    { title: 'A13: 299 to the message', stage: 'dot', act: reply(299, 'all right') },
    { title: 'A07: 550 to RCPT', stage: 'rcpt', act: reply(550, '5.1.1 no'), always: true },
    { title: 'A07: 554 to DATA', stage: 'data', act: reply(554, '5.6.0 no'), always: true },
    { title: 'A07: 554 to the message', stage: 'dot', act: reply(554, '5.6.0 no'), always: true },
    { title: 'A08: 552 to the message', stage: 'dot', act: reply(552, '5.2.2 full'), always: true },
  ];
  let sent: Sent;
  let server: SmtpServer;
  let app: TestApp;
  beforeAll(async () => {
    ({ server, app } = await start({ extensions }));
    sent = await sendAll(server, app, cases);
  }, 120_000);
  afterAll(async () => {
    await app?.close();
    await server?.close();
  });

  const chunked = extensions.includes('CHUNKING');
  const rows = cases.map((each, n) => ({ ...each, n }));
  // Who sends chunks gives no DATA.
  const given = rows.filter(({ stage }) => !chunked || stage !== 'data');

  it.each(given.filter(({ act, always }) => !always && act !== cases[4]?.act))(
    '$title: tried again and accepted once, under the same Message-ID',
    ({ n }) => {
      const { state, messages } = sent.of(n);
      expect(state).toMatchObject({ status: 'sent', attempts: 2 });
      expect(messages.filter(({ accepted }) => accepted)).toHaveLength(1);
      expect(new Set(messages.map(({ raw }) => messageIdOf(raw))).size).toBe(1);
    },
  );

  it.each(given.filter(({ always }) => always))(
    '$title: ends this mail at once, with the reason',
    ({ n, act }) => {
      const { state, messages } = sent.of(n);
      expect(state).toMatchObject({ status: 'failed', attempts: 1 });
      const said = act.act === 'send' ? /\d\.\d\.\d/.exec(act.bytes.toString())?.[0] : '';
      expect(state.error).toContain(said);
      expect(messages.filter(({ accepted }) => accepted)).toEqual([]);
      const asked = server.commands.filter((line) => line.includes(`<case${n}@`));
      expect(asked).toHaveLength(1);
    },
  );

  it('A13: 299 to the message: sent', () => {
    expect(sent.of(4).state).toMatchObject({ status: 'sent', attempts: 1 });
  });

  it('I3: nothing came twice', () => {
    expect(sent.summary.duplicates).toEqual({ unknown: 0, killed: 0 });
  });
});

describe.each([
  ['commands grouped', ['PIPELINING', 'SIZE 10485760']],
  ['messages in chunks', ['PIPELINING', 'CHUNKING', '8BITMIME']],
])('a server that breaks off one mail, %s', (_name, extensions) => {
  const dot = 'dot' as const;
  const flood = 64 * 2 ** 20;
  const cases: readonly Case[] = [
    { title: 'A09: drop at RCPT', stage: 'rcpt', act: drop() },
    { title: 'A09: reset at RCPT', stage: 'rcpt', act: reset() },
    { title: 'A09: drop in the message', stage: 'body', act: drop() },
    { title: 'A09: reset in the message', stage: 'body', act: reset() },
    { title: 'A16: a line of 64 MB at RCPT', stage: 'rcpt', act: endlessLine(flood) },
    { title: 'A10: drop after the end', stage: dot, act: drop() },
    { title: 'A10: reset after the end', stage: dot, act: reset() },
    { title: 'A11: silence after the end', stage: dot, act: silence() },
    { title: 'A12: 250 that breaks off', stage: dot, act: truncated('250 ok') },
    {
      title: 'A12: 250- that never ends',
      stage: dot,
      act: andThen(garbage('250-ok\r\n'), () => silence()),
    },
    { title: 'A13: 354 again', stage: dot, act: reply(354, 'go on') },
    { title: 'A13: words without a code', stage: dot, act: garbage('thank you\r\n') },
    { title: 'A14: 250, an octet at a time', stage: dot, act: drip(200, 250, 'x'.repeat(60)) },
    { title: 'A16: a million lines at the end', stage: dot, act: endlessLines(1_000_000) },
  ];
  let sent: Sent;
  let server: SmtpServer;
  let app: TestApp;
  beforeAll(async () => {
    ({ server, app } = await start({ extensions }));
    sent = await sendAll(server, app, cases);
  }, 180_000);
  afterAll(async () => {
    await app?.close();
    await server?.close();
  });

  it.each(cases.map((each, n) => ({ ...each, n })))(
    '$title: accepted in the end, the same bytes',
    ({ n, stage }) => {
      const { state, messages } = sent.of(n);
      expect(state.status).toBe('sent');
      expect(messages.filter(({ accepted }) => accepted)).toHaveLength(1);
      expect(new Set(messages.map(({ raw }) => raw.toString())).size).toBe(1);
      // Others on the same connection may have lost it, too, and are sent again in their turn.
      if (stage === 'dot') expect(messages.length).toBeGreaterThanOrEqual(2);
    },
  );

  it('A14: no mail is under way twice at the same time', () => {
    for (const n of cases.keys()) {
      const tries = [...server.messages, ...server.unfinished]
        .filter(({ rcpts }) => rcpts.includes(`case${n}@example.com`))
        .toSorted((a, b) => a.mailAt - b.mailAt);
      for (const [at, next] of tries.slice(1).entries())
        expect(next.mailAt).toBeGreaterThanOrEqual((tries[at]?.doneAt ?? 0) - 250);
    }
  });

  it('A16: of a flood no more is read than a reply can hold', async () => {
    await eventually(
      () => server.connections.filter(({ open }) => !open).length,
      (count) => count > 2,
    );
    const most = Math.max(...server.connections.map(({ written }) => written));
    // The kernel's buffers on both sides hold some megabytes more than was read.
    expect(most).toBeLessThan(flood / 4);
  });
});

describe('a server that fails before it knows the mail', () => {
  let server: SmtpServer;
  let app: TestApp;
  beforeAll(async () => ({ server, app } = await start()));
  afterAll(async () => {
    await app?.close();
    await server?.close();
  });

  it.each<[string, ScriptStage, Act]>([
    ['A04: 421 instead of a greeting', 'greeting', reply(421, '4.3.2 busy')],
    ['A04: 554 instead of a greeting', 'greeting', reply(554, '5.3.2 no service')],
    ['A05: another protocol', 'greeting', garbage('HTTP/1.1 400 Bad Request\r\n\r\n')],
    ['A06: 4xx to EHLO', 'ehlo', reply(451, '4.3.0 not now')],
    ['A06: 454 to AUTH', 'auth', reply(454, '4.7.0 not now')],
    ['A06: 4xx to MAIL', 'mail', reply(451, '4.3.0 not now')],
    ['A09: drop instead of a greeting', 'greeting', drop()],
    ['A09: drop at EHLO', 'ehlo', drop()],
    ['A09: reset at AUTH', 'auth', reset()],
    ['A09: drop at MAIL', 'mail', drop()],
  ])('%s: the mail waits and is accepted once', async (title, stage, act) => {
    // The next one begins at the greeting.
    server.dropConnections();
    await eventually(
      () => server.openConnections,
      (count) => count === 0,
    );
    server.script = { [stage]: once(act) };
    const person = title.replaceAll(/\W/g, '').toLowerCase();
    const [email = ''] = await queueMails(app, 1, person);
    await accountedFor(app, server, undefined, 60_000);
    expect(to(server, email).map(({ accepted }) => accepted)).toEqual([true]);
    const state = (await mailsOf(app)).find((mail) => mail.to === email);
    expect(state?.status).toBe('sent');
  });

  it.each<[string, Act]>([
    ['drop', drop()],
    ['reset', reset()],
    ['garbage', garbage('what?\r\n')],
  ])('A09: after 250, %s at RSET and QUIT: nothing is sent again', async (how, act) => {
    server.script = { rset: act, quit: act };
    const [email = ''] = await queueMails(app, 1, `quit-${how}-`);
    await server.waitForMessage(({ rcpts }) => rcpts.includes(email));
    server.dropConnections();
    const { duplicates } = await accountedFor(app, server);
    expect(duplicates).toEqual({ unknown: 0, killed: 0 });
    expect(to(server, email)).toHaveLength(1);
  });

  it.each(['fin', 'rst'] as const)(
    'A19: an idle connection cut by %s costs no mail',
    async (how) => {
      server.script = {};
      const [first = ''] = await queueMails(app, 1, `idle-${how}-a`);
      await server.waitForMessage(({ rcpts }) => rcpts.includes(first));
      server.dropConnections(how);
      const [second = ''] = await queueMails(app, 1, `idle-${how}-b`);
      await accountedFor(app, server);
      expect(to(server, second)).toHaveLength(1);
    },
  );
});

it('A09: connections lost at the greeting, and one at AUTH, hold up no mail for minutes', async () => {
  let greetings = 0;
  let signIns = 0;
  const script: Script = {
    greeting: () => (++greetings <= 3 ? drop() : undefined),
    auth: () => (++signIns <= 1 ? drop() : undefined),
  };
  const { server, app } = await start({ script }, { SMTP_MAX_CONNECTIONS: '1' });
  try {
    await queueMails(app, 1);
    expect((await accountedFor(app, server, undefined, 45_000)).ended).toEqual({ sent: 1 });
    expect(signIns).toBe(2);
  } finally {
    await app.close();
    await server.close();
  }
}, 120_000);
