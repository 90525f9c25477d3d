import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  andThen,
  delay,
  drip,
  drop,
  greylist,
  reply,
  reset,
  stall,
  startSmtpServer,
} from '../../test/harness/smtp-server.js';
import { SmtpSender } from './smtp-sender.service.js';

let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => await sender.close());

it('hands over exactly the composed octets, dots and all', async () => {
  await using server = await startSmtpServer();
  const raw = Buffer.from('Subject: x\r\n\r\n.\r\n..\r\n.MAIL FROM:<e@e>\r\nend\r\n');
  const envelope = { from: 'a@example.com', to: ['b@example.org'] };
  const verdict = await sender.handOver(accountFor(server), { envelope, raw, eightBit: false });
  expect(verdict.outcome).toBe('accepted');
  expect(server.messages.map((message) => message.raw.toString())).toEqual([raw.toString()]);
});

it('hands over a large message', async () => {
  await using server = await startSmtpServer({ extensions: ['PIPELINING', 'SIZE 0'] });
  const raw = Buffer.from(`Subject: x\r\n\r\n${'.a line of the message\r\n'.repeat(100_000)}`);
  const envelope = { from: 'a@example.com', to: ['b@example.org'] };
  const account = accountFor(server, { timeouts: { command: 10_000, data: 10_000 } });
  const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
  expect(verdict).toMatchObject({ outcome: 'accepted' });
  expect(server.messages[0]?.raw.equals(raw)).toBe(true);
});

it('does not begin with a message that the server says is too big', async () => {
  await using server = await startSmtpServer({ extensions: ['PIPELINING', 'SIZE 100'] });
  const verdict = await sender.send(accountFor(server), outgoing());
  expect(verdict).toMatchObject({ outcome: 'rejected', stage: 'mail', replyCode: undefined });
  expect(verdict.sentence).toMatch(/takes at most 100/);
  expect(server.commands.join()).not.toContain('MAIL');
});

describe('the connection ends while the message is on its way: surely not sent', () => {
  // Far more than socket buffers hold, so that the end comes before the dot is written.
  const raw = Buffer.from(`Subject: x\r\n\r\n${'a line of the message\r\n'.repeat(800_000)}`);
  const envelope = { from: 'a@example.com', to: ['b@example.org'] };

  it.each([
    ['an end in order', drop()],
    ['a reset', reset()],
    ['a server that stops reading', stall()],
    ['421 and an end', drop('421 4.4.2 time is up\r\n')],
  ])('%s', async (_name, body) => {
    await using server = await startSmtpServer({ extensions: ['PIPELINING'], script: { body } });
    const account = accountFor(server, { timeouts: { data: 1_500 } });
    const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'data' });
    expect(server.messages).toEqual([]);
  });

  it('a refusal before the end of the message counts', async () => {
    const body = drop('552 5.3.4 too big\r\n');
    await using server = await startSmtpServer({ extensions: ['PIPELINING'], script: { body } });
    const account = accountFor(server, { timeouts: { command: 10_000, data: 10_000 } });
    const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
    expect(verdict).toMatchObject({ outcome: 'rejected', stage: 'data', replyCode: 552 });
  });
});

it('says what it heard: code, enhanced code, reply, stage, transcript', async () => {
  const text = ['5.1.1 no such user', '5.1.1 \u001b[31mreally\u0007'];
  await using server = await startSmtpServer({
    extensions: [],
    auth: { user: 'robot', pass: 'canary-4711' },
    script: { rcpt: reply(550, text) },
  });
  const verdict = await sender.send(accountFor(server), outgoing());
  expect(verdict).toMatchObject({
    outcome: 'rejected',
    stage: 'rcpt',
    replyCode: 550,
    enhancedCode: '5.1.1',
    reply: '550 5.1.1 no such user 5.1.1 \\u{1b}[31mreally\\u{7}',
  });
  expect(verdict.transcript).toEqual([
    'S: 220 sink.test ESMTP',
    'C: EHLO app.example.com',
    'S: 250-sink.test',
    'S: 250 AUTH PLAIN LOGIN',
    'C: AUTH PLAIN ***',
    'S: 235 2.7.0 ok',
    'C: MAIL FROM:<noreply@example.com>',
    'S: 250 2.1.0 ok',
    'C: RCPT TO:<ada@example.org>',
    'S: 550-5.1.1 no such user',
    'S: 550 5.1.1 \\u{1b}[31mreally\\u{7}',
  ]);
});

it('A16: keeps a flood of reply text short', async () => {
  const text = Array.from({ length: 300 }, () => 'and another thing '.repeat(5));
  await using server = await startSmtpServer({ script: { dot: reply(554, text) } });
  const verdict = await sender.send(accountFor(server), outgoing());
  expect(verdict.outcome).toBe('rejected');
  expect(Buffer.byteLength(verdict.reply ?? '')).toBeLessThanOrEqual(1_024);
  expect(verdict.transcript.length).toBeLessThanOrEqual(101);
});

it.each([
  ['the greeting', { greeting: delay(250) }, { greeting: 1_000, connect: 100 }, 'accepted'],
  ['a reply that drips', { mail: drip(30) }, { command: 200 }, 'account-failed'],
  [
    'replies that each take their time',
    { mail: delay(90), rcpt: delay(90) },
    { command: 150 },
    'accepted',
  ],
])(
  'A14, A15: gives each stage its own hard deadline: %s',
  async (_name, script, timeouts, outcome) => {
    await using server = await startSmtpServer({ extensions: [], script });
    const verdict = await sender.send(accountFor(server, { timeouts }), outgoing());
    expect(verdict.outcome).toBe(outcome);
  },
);

describe('a process that was stopped past the deadline reads first what has come meanwhile', () => {
  /** Longer than the deadline, with the reply in the kernel's hands. */
  const stop = (): void => {
    const until = performance.now() + 1_100;
    while (performance.now() < until);
  };

  it.each(['ehlo', 'dot'] as const)('%s', async (stage) => {
    await using server = await startSmtpServer({ script: { [stage]: andThen(undefined, stop) } });
    expect((await sender.send(accountFor(server), outgoing())).outcome).toBe('accepted');
  });
});

it('A07: falls back to HELO for a server of old, without sign-in', async () => {
  const script = {
    ehlo: ({ line }: { line: string }) =>
      line.startsWith('EHLO') ? reply(502, 'what is that') : undefined,
  };
  await using server = await startSmtpServer({ script });
  expect((await sender.send(accountFor(server), outgoing())).outcome).toBe('accepted');
});

it('A17: gets past greylisting with the same sender and recipient', async () => {
  await using server = await startSmtpServer({ script: { rcpt: greylist(100) } });
  const account = accountFor(server);
  expect((await sender.send(account, outgoing())).outcome).toBe('deferred');
  await new Promise((resolve) => setTimeout(resolve, 120));
  expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
});

describe('A20: a blind copy', () => {
  it('goes along', async () => {
    await using server = await startSmtpServer();
    await sender.send(accountFor(server, { bcc: 'archive@example.com' }), outgoing());
    expect(server.messages[0]?.rcpts).toEqual(['ada@example.org', 'archive@example.com']);
  });

  it('that is refused does not make the mail fail', async () => {
    const refuse = ({ line }: { line: string }) =>
      line.includes('archive') ? reply(550, '5.1.1 no') : undefined;
    await using server = await startSmtpServer({ script: { rcpt: refuse } });
    const account = accountFor(server, { bcc: 'archive@example.com' });
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages[0]?.rcpts).toEqual(['ada@example.org']);
  });

  it('gets nothing when the recipient is refused', async () => {
    const refuse = ({ line }: { line: string }) =>
      line.includes('ada') ? reply(550, '5.1.1 no') : undefined;
    await using server = await startSmtpServer({ script: { rcpt: refuse } });
    const account = accountFor(server, { bcc: 'archive@example.com' });
    expect(await sender.send(account, outgoing())).toMatchObject({
      outcome: 'rejected',
      stage: 'rcpt',
    });
    await sender.close(1_000);
    expect(server.messages).toEqual([]);
  });
});

it.each([
  ['nothing listens', { host: '127.0.0.1', port: 1 }, 'tcp', /Nothing listens at 127\.0\.0\.1:1/],
  ['there is no such host', { host: 'nowhere.invalid' }, 'dns', /nowhere\.invalid/],
])('says so when %s', async (_name, overrides, stage, sentence) => {
  await using server = await startSmtpServer();
  const account = accountFor(server, { ...overrides, timeouts: { connect: 3_000 } });
  const verdict = await sender.send(account, outgoing());
  expect(verdict).toMatchObject({ outcome: 'account-failed', stage });
  expect(verdict.sentence).toMatch(sentence);
});

it('does not blame the server for a message that can not be composed', async () => {
  await using server = await startSmtpServer();
  const verdict = await sender.send(accountFor(server), outgoing({ to: 'a@x.com,b@y.com' }));
  expect(verdict).toMatchObject({ outcome: 'rejected', stage: 'mail', transcript: [] });
  expect(server.connections).toEqual([]);
});
