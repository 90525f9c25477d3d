import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  andThen,
  delay,
  drop,
  garbage,
  type Moment,
  reply,
  silence,
  startSmtpServer,
} from '../../test/harness/smtp-server.js';
import { SmtpSender } from './smtp-sender.service.js';

let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => await sender.close());

const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
};

it('sends one after the other over one connection, three writes a mail', async () => {
  await using server = await startSmtpServer();
  const account = accountFor(server);
  for (let n = 0; n < 5; n += 1) {
    const verdict = await sender.send(account, outgoing({ messageId: `<${n}@x.test>` }));
    expect(verdict.outcome).toBe('accepted');
  }
  expect(server.messages.map(({ connection }) => connection)).toEqual([1, 1, 1, 1, 1]);
  expect(server.commands.filter((line) => line.startsWith('RSET'))).toEqual([]);
});

it('sends MAIL, RCPT and DATA in one segment where PIPELINING is offered, else in turn', async () => {
  await using grouped = await startSmtpServer({ extensions: ['PIPELINING'] });
  await using inTurn = await startSmtpServer({ extensions: [] });
  await sender.send(accountFor(grouped), outgoing());
  await sender.send(accountFor(inTurn), outgoing());
  // EHLO, then the group; EHLO, MAIL, RCPT, DATA
  expect(grouped.connections[0]?.segments).toBe(2);
  expect(inTurn.connections[0]?.segments).toBe(4);
});

it('never has more connections open than it may, and uses them all', async () => {
  await using server = await startSmtpServer({ script: { dot: delay(5) } });
  const account = accountFor(server, { maxConnections: 3 });
  const verdicts = await Promise.all(
    Array.from({ length: 30 }, async (_, n) =>
      sender.send(account, outgoing({ messageId: `<${n}@x.test>` })),
    ),
  );
  expect(verdicts.every(({ outcome }) => outcome === 'accepted')).toBe(true);
  expect(server.peak).toBe(3);
  expect(new Set(server.messages.map(({ raw }) => raw.toString())).size).toBe(30);
});

it('keeps to the limit while connections die under it', async () => {
  const script = { dot: ({ accepted }: Moment) => (accepted === 1 ? drop() : undefined) };
  await using server = await startSmtpServer({ script });
  const account = accountFor(server, { maxConnections: 2 });
  const outcomes = await Promise.all(
    Array.from({ length: 12 }, async () => (await sender.send(account, outgoing())).outcome),
  );
  expect(server.peak).toBeLessThanOrEqual(2);
  // every second mail of a connection, but the last two may have come by one each
  const lost = outcomes.filter((outcome) => outcome === 'unknown').length;
  expect([5, 6]).toContain(lost);
  expect(outcomes.filter((outcome) => outcome === 'accepted').length).toBe(12 - lost);
});

it('G05: does with fewer connections where the server takes no more, and no mail pays for it', async () => {
  await using server = await startSmtpServer({
    limits: { connections: 2, connectionReply: 432 },
    script: { dot: delay(10) },
  });
  const account = accountFor(server, { maxConnections: 5 });
  const verdicts = await Promise.all(
    Array.from({ length: 30 }, async () => (await sender.send(account, outgoing())).outcome),
  );
  expect(verdicts).toEqual(Array(30).fill('accepted'));
  expect(server.connections.length).toBeLessThan(15);
});

it('does not let accounts share a connection', async () => {
  await using server = await startSmtpServer({ auth: { user: 'a', pass: 'p' } });
  await sender.send(accountFor(server), outgoing());
  await sender.send(accountFor(server, { auth: { method: 'none' } }), outgoing());
  expect(server.messages.map(({ user }) => user)).toEqual(['a', undefined]);
});

describe('A18, A19: a connection that dies while idle costs no mail', () => {
  it.each(['fin', 'rst'] as const)('by %s', async (how) => {
    await using server = await startSmtpServer();
    const account = accountFor(server);
    await sender.send(account, outgoing());
    server.dropConnections(how);
    await until(() => server.openConnections === 0);
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it.each([
    ['ended at the next command', drop()],
    ['without a word, as behind a NAT', silence()],
    ['with 421 after so many messages', reply(421, '4.7.0 enough')],
  ])('%s', async (_name, act) => {
    const script = { mail: ({ accepted }: Moment) => (accepted === 1 ? act : undefined) };
    await using server = await startSmtpServer({ script });
    const account = accountFor(server);
    for (let n = 0; n < 3; n += 1)
      expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages.map(({ connection }) => connection)).toEqual([1, 2, 3]);
  });

  it('with a 421 that nobody asked for', async () => {
    const goodbye = reply(250, '2.0.0 queued\r\n421 4.3.2 shutting down');
    await using server = await startSmtpServer({ script: { dot: goodbye } });
    const account = accountFor(server);
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
    expect(server.messages.map(({ connection }) => connection)).toEqual([1, 2]);
  });

  it('but only one more try, and none on a fresh connection', async () => {
    const script = {
      mail: ({ accepted, connection }: Moment) =>
        accepted === 1 || connection > 1 ? drop() : undefined,
    };
    await using server = await startSmtpServer({ script });
    const account = accountFor(server);
    await sender.send(account, outgoing());
    expect((await sender.send(account, outgoing())).outcome).toBe('account-failed');
    expect(server.connections.length).toBe(2);
    expect((await sender.send(account, outgoing())).outcome).toBe('account-failed');
    expect(server.connections.length).toBe(3);
  });
});

describe('after a refusal the connection is good for the next mail', () => {
  it.each([
    ['the recipient', { rcpt: reply(550, '5.1.1 no') }],
    ['the sender', { mail: reply(550, '5.7.1 no') }],
    ['DATA', { data: reply(451, '4.3.0 no') }],
    ['the message', { dot: reply(554, '5.6.0 no') }],
    // a server that wants a message although it refused its only recipient gets the empty one
    [
      'the recipient, and 354 all the same',
      { rcpt: reply(550, '5.1.1 no'), data: reply(354, 'go') },
    ],
  ])('%s', async (_name, script) => {
    for (const extensions of [['PIPELINING'], []]) {
      await using server = await startSmtpServer({ extensions, script });
      // one connection: the second mail has to wait until it has been cleared up
      const account = accountFor(server, { maxConnections: 1 });
      expect((await sender.send(account, outgoing())).outcome).not.toBe('accepted');
      server.script = {};
      expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
      expect(server.connections.length).toBe(1);
      expect(server.messages.filter(({ accepted }) => accepted).length).toBe(1);
    }
  });
});

it('is not held up by a reply that the verdict does not need', async () => {
  const script = { rcpt: reply(550, '5.1.1 no'), data: delay(250, reply(503, '5.5.1 no')) };
  await using server = await startSmtpServer({ script });
  const verdict = await sender.send(accountFor(server), outgoing());
  expect(verdict.outcome).toBe('rejected');
  expect(verdict.durationMs).toBeLessThan(200);
});

describe('the end', () => {
  it('lets what is under way finish within the grace, and closes every connection', async () => {
    await using server = await startSmtpServer({ script: { dot: delay(100) } });
    const sending = sender.send(accountFor(server), outgoing());
    await until(() => server.commands.includes('DATA'));
    await sender.close(2_000);
    expect((await sending).outcome).toBe('accepted');
    await until(() => server.openConnections === 0);
  });

  it.each([
    ['before the final dot: deferred', { mail: silence() }, 'deferred'],
    ['after it: unknown', { dot: silence() }, 'unknown'],
  ] as const)('ends what takes longer, %s', async (_name, script, outcome) => {
    await using server = await startSmtpServer({ script });
    const account = accountFor(server, { timeouts: { command: 20_000, data: 20_000 } });
    const sending = sender.send(account, outgoing());
    await until(() => server.commands.some((line) => line.startsWith('MAIL')));
    await sender.close(50);
    expect(await sending).toMatchObject({ outcome });
  });

  it('a signal after the final dot changes nothing: the answer counts', async () => {
    await using server = await startSmtpServer({ script: { dot: delay(150) } });
    const signal = AbortSignal.timeout(75);
    const verdict = await sender.send(accountFor(server), outgoing(), { signal });
    expect(verdict.outcome).toBe('accepted');
    expect(signal.aborted).toBe(true);
  });

  it('a signal before the final dot: surely not sent', async () => {
    await using server = await startSmtpServer({ script: { data: silence() } });
    const account = accountFor(server, { timeouts: { command: 20_000 } });
    const verdict = await sender.send(account, outgoing(), { signal: AbortSignal.timeout(50) });
    expect(verdict).toMatchObject({ outcome: 'deferred', stage: 'data' });
  });

  it('takes nothing more, not even for an account that it has not had', async () => {
    await using server = await startSmtpServer({ script: { dot: delay(100) } });
    const sending = sender.send(accountFor(server), outgoing());
    await until(() => server.commands.includes('DATA'));
    const closed = sender.close(20_000);
    const other = accountFor(server, { ehloName: 'other.example.com' });
    expect(await sender.send(other, outgoing())).toMatchObject({ outcome: 'deferred' });
    expect((await sending).outcome).toBe('accepted');
    await closed;
    expect(server.connections).toHaveLength(1);
  });

  it('ends a mail whose connection turns out to be one too many meanwhile', async () => {
    const closing = Promise.withResolvers<void>();
    const refused = Promise.withResolvers<void>();
    const script = {
      greeting: ({ connection }: Moment) =>
        connection === 1 ? undefined : andThen(garbage(''), () => closing.promise.then(tooMany)),
      dot: andThen(garbage(''), () => refused.promise.then(() => reply(250, '2.0.0 queued'))),
    };
    const tooMany = () => reply(421, '4.7.0 too many connections');
    await using server = await startSmtpServer({ script });
    const account = accountFor(server, { timeouts: { greeting: 20_000, data: 20_000 } });
    const sending = [1, 2].map(async () => await sender.send(account, outgoing()));
    await until(() => server.commands.includes('DATA') && server.connections.length === 2);
    const closed = sender.close(20_000);
    closing.resolve();
    expect(await Promise.race(sending)).toMatchObject({ outcome: 'deferred', stage: 'tcp' });
    refused.resolve();
    const verdicts = await Promise.all(sending);
    expect(verdicts.map(({ outcome }) => outcome).toSorted()).toEqual(['accepted', 'deferred']);
    await closed;
  });

  it.each(['while it waits for a connection', 'while it connects'])(
    'a signal, %s',
    async (when) => {
      await using server = await startSmtpServer({ script: { greeting: silence() } });
      const account = accountFor(server, {
        maxConnections: when.includes('waits') ? 1 : 2,
        timeouts: { connect: 20_000, greeting: 20_000 },
      });
      const first = new AbortController();
      const second = new AbortController();
      const one = sender.send(account, outgoing(), { signal: first.signal });
      const two = sender.send(account, outgoing(), { signal: second.signal });
      setTimeout(() => second.abort(), 50);
      expect(await two).toMatchObject({ outcome: 'deferred' });
      first.abort();
      expect(await one).toMatchObject({ outcome: 'deferred' });
    },
  );
});

it('A21: opens a connection of its own where it is to find out whether one still can', async () => {
  const auth = { user: 'ada', pass: 'right', inClear: true };
  await using server = await startSmtpServer({ auth });
  const account = accountFor(server, { maxConnections: 1 });
  expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
  server.script = { auth: reply(535, 'revoked') };
  expect((await sender.send(account, outgoing())).outcome).toBe('accepted');
  const tried = await sender.send(account, outgoing(), { over: 'fresh' });
  expect(tried).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
});

it('A21: signs in no oftener than it has connections: a refusal answers all who wait', async () => {
  const auth = { user: 'ada', pass: 'right', inClear: true };
  await using server = await startSmtpServer({ auth, script: { auth: reply(535, 'no') } });
  const account = accountFor(server, { maxConnections: 2 });
  const verdicts = await Promise.all(
    Array.from({ length: 10 }, async () => sender.send(account, outgoing())),
  );
  expect(verdicts.map(({ outcome }) => outcome)).toEqual(Array(10).fill('account-failed'));
  expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(2);
});
