import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import {
  type Act,
  delay,
  drop,
  garbage,
  type Moment,
  reply,
  silence,
  type SmtpServer,
  startSmtpServer,
} from '../../test/harness/smtp-server.js';
import { SmtpSender } from './smtp-sender.service.js';
import type { Verdict } from './verdict.js';

let sender: SmtpSender;
beforeEach(() => (sender = new SmtpSender()));
afterEach(async () => await sender.close());

const PIPELINING = ['PIPELINING', 'SIZE 10485760'];
const CHUNKING = [...PIPELINING, 'CHUNKING'];
const timeouts = { command: 10_000, data: 10_000, greeting: 10_000, connect: 10_000 };
/** One connection, so that the mails have to share it. */
const oneConnection = { maxConnections: 1, timeouts };

const numbered = (n: number) => outgoing({ messageId: `<${n}@app.example.com>` });
const sendMany = async (server: SmtpServer, count: number, overrides = {}): Promise<Verdict[]> => {
  const account = accountFor(server, { ...oneConnection, ...overrides });
  return await Promise.all(
    Array.from({ length: count }, async (_, n) => await sender.send(account, numbered(n))),
  );
};
const outcomes = (verdicts: readonly Verdict[]) => verdicts.map(({ outcome }) => outcome);
const idsOf = (server: SmtpServer) =>
  server.messages
    .filter(({ accepted }) => accepted)
    .map(({ raw }) => /^Message-ID: <(\d+)@/m.exec(raw.toString())?.[1]);
const inOrder = (count: number) => Array.from({ length: count }, (_, n) => String(n));

describe('PIPELINING', () => {
  it('puts the next envelope right behind the final dot: one segment a mail', async () => {
    await using server = await startSmtpServer({ extensions: PIPELINING });
    expect(outcomes(await sendMany(server, 20))).toEqual(Array(20).fill('accepted'));
    expect(idsOf(server)).toEqual(inOrder(20));
    expect(server.connections).toHaveLength(1);
    // EHLO; the first envelope; then each envelope comes with the message before it, and is read
    // behind that without a read of its own
    expect(server.connections[0]?.segments).toBeLessThanOrEqual(2 + 20);
  });

  it('answers for each mail by itself', async () => {
    const script = {
      rcpt: ({ line }: Moment) => (line.includes('nobody') ? reply(550, '5.1.1 no') : undefined),
      dot: ({ wire }: Moment) =>
        wire.includes('Message-ID: <3@') ? reply(451, '4.3.0 later') : undefined,
    };
    for (const extensions of [PIPELINING, CHUNKING]) {
      await using server = await startSmtpServer({ extensions, script });
      const account = accountFor(server, oneConnection);
      const verdicts = await Promise.all(
        Array.from({ length: 6 }, async (_, n) => {
          const to = n % 2 === 1 && n !== 3 ? 'nobody@example.org' : 'ada@example.org';
          return await sender.send(account, { ...numbered(n), to });
        }),
      );
      const expected = ['accepted', 'rejected', 'accepted', 'deferred', 'accepted', 'rejected'];
      expect(outcomes(verdicts)).toEqual(expected);
      expect(verdicts.map(({ stage }) => stage)).toEqual([
        'dot',
        'rcpt',
        'dot',
        'dot',
        'dot',
        'rcpt',
      ]);
      expect(idsOf(server)).toEqual(['0', '2', '4']);
      expect(server.connections).toHaveLength(1);
    }
  });

  it.each([
    ['closes', drop('421 4.7.0 enough\r\n')],
    ['says so, and goes on reading', reply(421, '4.7.0 enough')],
  ])('A18: a server that %s after some messages costs none', async (_name, act) => {
    const script = { mail: ({ accepted }: Moment) => (accepted === 3 ? act : undefined) };
    for (const extensions of [PIPELINING, CHUNKING]) {
      await using server = await startSmtpServer({ extensions, script });
      expect(outcomes(await sendMany(server, 10))).toEqual(Array(10).fill('accepted'));
      expect(idsOf(server).toSorted()).toEqual(inOrder(10));
      expect(server.connections.length).toBeGreaterThanOrEqual(4);
    }
  });

  it('a mail that is given up does not take the one before it along', async () => {
    const script = { dot: ({ accepted }: Moment) => (accepted === 1 ? delay(200) : undefined) };
    await using server = await startSmtpServer({ extensions: PIPELINING, script });
    const account = accountFor(server, oneConnection);
    const stop = new AbortController();
    const first = sender.send(account, numbered(0));
    const second = sender.send(account, numbered(1));
    const third = sender.send(account, numbered(2), { signal: stop.signal });
    await first;
    setTimeout(() => stop.abort(), 50);
    expect(outcomes(await Promise.all([second, third]))).toEqual(['accepted', 'deferred']);
    expect(idsOf(server)).toEqual(['0', '1']);
    // Not even an empty message reaches whoever was named in its envelope.
    expect(server.messages).toHaveLength(2);
  });

  it('hands nothing over once it is too late, or no longer for us to do', async () => {
    for (const extensions of [[], PIPELINING, CHUNKING]) {
      await using server = await startSmtpServer({ extensions, script: { rcpt: delay(60) } });
      const account = accountFor(server, oneConnection);
      const late = { notAfter: performance.now() + 30 };
      expect((await sender.send(account, numbered(0), late)).outcome).toBe('deferred');
      const lost = await sender.send(account, numbered(1), { mayHandOver: () => false });
      expect(lost.outcome).toBe('deferred');
      expect((await sender.send(account, numbered(2))).outcome).toBe('accepted');
      expect(server.messages).toHaveLength(1);
    }
  });
});

describe('CHUNKING', () => {
  it('has several mails under way at once, each in its order', async () => {
    const script = { dot: delay(20) };
    await using server = await startSmtpServer({ extensions: CHUNKING, script });
    expect(outcomes(await sendMany(server, 40))).toEqual(Array(40).fill('accepted'));
    expect(idsOf(server)).toEqual(inOrder(40));
    expect(server.messages.every(({ by }) => by === 'bdat')).toBe(true);
    expect(server.commands).not.toContain('DATA');
    // The window grows: mails wait in the server's hands, not for a round trip each.
    const { segments } = server.connections[0] ?? { segments: 0 };
    expect(segments).toBeLessThan(40);
  });

  it('waits for the first envelope, so that a dead connection is found out in time', async () => {
    await using server = await startSmtpServer({ extensions: CHUNKING, script: { mail: drop() } });
    const [verdict] = await sendMany(server, 1);
    expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'mail' });
  });

  it('keeps no more under way than it may', async () => {
    let most = 0;
    let begun = 0;
    let done = 0;
    await using server = await startSmtpServer({ extensions: CHUNKING, script: { dot: delay(5) } });
    const account = accountFor(server, { ...oneConnection, maxInFlight: 4 });
    // A mail is composed when it is begun.
    const attempts = Array.from({ length: 30 }, async (_, n) => {
      const message = numbered(n);
      const counted = Object.defineProperty({ ...message }, 'subject', {
        get: () => {
          begun += 1;
          most = Math.max(most, begun - done);
          return message.subject;
        },
      });
      await sender.send(account, counted).finally(() => (done += 1));
    });
    await Promise.all(attempts);
    expect(most).toBeGreaterThan(2);
    // `done` is told a moment after the next one is begun.
    expect(most).toBeLessThanOrEqual(5);
  });

  it('sends what is longer than buffers hold in two chunks, and copies with the rest', async () => {
    await using server = await startSmtpServer({ extensions: ['PIPELINING', 'CHUNKING'] });
    const raw = Buffer.from(`Subject: x\r\n\r\n${'.a line of the message\r\n'.repeat(20_000)}`);
    const envelope = { from: 'a@example.com', to: ['b@example.org', 'c@example.org'] };
    const account = accountFor(server, oneConnection);
    const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
    expect(verdict.outcome).toBe('accepted');
    expect(server.messages[0]?.raw.equals(raw)).toBe(true);
    expect(server.messages[0]?.rcpts).toEqual(envelope.to);
    expect(server.commands.filter((line) => line.startsWith('BDAT'))).toEqual([
      `BDAT ${raw.length}`,
      'BDAT 0 LAST',
    ]);
  });

  it('a message in two chunks ends where the first one is refused', async () => {
    const script = { bdat: reply(552, '5.3.4 too big') };
    await using server = await startSmtpServer({ extensions: CHUNKING, script });
    const raw = Buffer.from(`Subject: x\r\n\r\n${'a line of the message\r\n'.repeat(20_000)}`);
    const account = accountFor(server, oneConnection);
    const envelope = { from: 'a@example.com', to: ['b@example.org'] };
    const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
    expect(verdict).toMatchObject({ outcome: 'rejected', stage: 'data', replyCode: 552 });
    expect((await sender.send(account, numbered(0))).outcome).toBe('accepted');
    expect(idsOf(server)).toEqual(['0']);
  });

  it.each([500, 502])(
    'a message in two chunks goes by DATA where BDAT is refused: %i',
    async (code) => {
      const script = { bdat: reply(code, '5.5.1 what?') };
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      const raw = Buffer.from(`Subject: x\r\n\r\n${'a line of the message\r\n'.repeat(20_000)}`);
      const account = accountFor(server, oneConnection);
      const envelope = { from: 'a@example.com', to: ['b@example.org'] };
      const verdict = await sender.handOver(account, { envelope, raw, eightBit: false });
      expect(verdict.outcome).toBe('accepted');
      expect(verdict.transcript).toContain('(from now on without CHUNKING)');
      expect(server.messages.map(({ by }) => by)).toEqual(['data']);
      expect(server.connections).toHaveLength(2);
    },
  );

  it('believes neither of two answers that contradict each other', async () => {
    // The recipient is refused, and the message taken: one of the two is the answer to something else.
    let mails = 0;
    const script = {
      mail: () => (++mails === 4 ? reply(250, '2.1.0 ok\r\n550 5.1.1 no') : undefined),
    };
    await using server = await startSmtpServer({ extensions: CHUNKING, script });
    const verdicts = await sendMany(server, 4);
    expect(outcomes(verdicts)).toEqual(['accepted', 'accepted', 'accepted', 'unknown']);
    await sender.send(accountFor(server, oneConnection), numbered(9));
    expect(server.connections).toHaveLength(2);
  });

  it('A10: what was under way when the connection ended may have arrived, and says so', async () => {
    const script = {
      dot: ({ accepted }: Moment) => (accepted === 10 ? drop() : undefined),
    };
    await using server = await startSmtpServer({ extensions: CHUNKING, script });
    const verdicts = await sendMany(server, 12, { maxInFlight: 4 });
    const unknown = verdicts.filter(({ outcome }) => outcome === 'unknown');
    expect(verdicts.slice(0, 10).every(({ outcome }) => outcome === 'accepted')).toBe(true);
    expect(unknown.length).toBe(2);
    for (const { sentence } of unknown) expect(sentence).toMatch(/may/);
  });

  describe('a refused RSET before a mail that was written ahead', () => {
    // The first mail goes alone, the second one too: the third is written behind that, with RSET.
    const scriptOf = (rset: Act, mail?: Act) => ({
      rset: ({ connection }: Moment) => (connection === 1 ? rset : undefined),
      mail: ({ connection, accepted }: Moment) =>
        connection === 1 && accepted === 2 ? mail : undefined,
    });

    const lowered = '(from now on without CHUNKING)';
    const transcripts = (verdicts: readonly Verdict[]) =>
      verdicts.flatMap(({ transcript }) => transcript);

    it('costs it nothing where it was 421, and the end', async () => {
      const script = scriptOf(drop('421 4.3.2 shutting down\r\n'));
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      const verdicts = await sendMany(server, 3);
      expect(outcomes(verdicts)).toEqual(Array(3).fill('accepted'));
      expect(idsOf(server)).toEqual(inOrder(3));
      expect(server.connections).toHaveLength(2);
      expect(transcripts(verdicts)).not.toContain(lowered);
    });

    it('nor those behind it, where the server says 421 and goes on reading', async () => {
      const left = new Set<number>();
      const script = {
        rset: ({ connection, accepted }: Moment) => {
          if (accepted < 5) return undefined;
          const isFirst = !left.has(connection);
          left.add(connection);
          return isFirst ? reply(421, '4.7.0 enough') : reply(503, '5.5.1 closing');
        },
      };
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      const verdicts = await sendMany(server, 20);
      expect(outcomes(verdicts)).toEqual(Array(20).fill('accepted'));
      expect(idsOf(server).toSorted()).toEqual(inOrder(20).toSorted());
      expect(left.size).toBeGreaterThan(0);
      expect(transcripts(verdicts)).not.toContain(lowered);
    });

    it('costs it nothing where its envelope is refused as well', async () => {
      const script = scriptOf(reply(451), reply(503, '5.5.1 nested MAIL'));
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      const verdicts = await sendMany(server, 3);
      expect(outcomes(verdicts)).toEqual(Array(3).fill('accepted'));
      expect(idsOf(server)).toEqual(inOrder(3));
      expect(server.connections).toHaveLength(2);
      expect(transcripts(verdicts)).toContain(lowered);
    });

    it('means nothing where the server says 421, goes on and takes the mail', async () => {
      const script = scriptOf(garbage('421 4.7.0 enough\r\n'));
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      expect(outcomes(await sendMany(server, 3))).toEqual(['accepted', 'accepted', 'unknown']);
      expect(idsOf(server)).toEqual(inOrder(3));
    });

    it.each([
      ['is answered with a yes', scriptOf(reply(502, '5.5.1 what?')), 3],
      ['is not answered', scriptOf(reply(451), drop()), 2],
    ])('may mean anything where the mail %s', async (_name, script, taken) => {
      await using server = await startSmtpServer({ extensions: CHUNKING, script });
      const verdicts = await sendMany(server, 3);
      expect(outcomes(verdicts)).toEqual(['accepted', 'accepted', 'unknown']);
      expect(idsOf(server)).toEqual(inOrder(taken));
      expect(transcripts(verdicts)).toContain(lowered);
    });
  });

  it.each([
    ['that knows no BDAT after all', { dot: reply(500, '5.5.1 what?') }],
    ['that answers BDAT with something else', { dot: garbage('thank you\r\n') }],
  ])('a server %s gets DATA from then on, as the transcript says', async (_name, script) => {
    const refuse = ({ dot }: typeof script) => ({
      dot: ({ line }: Moment) => (line.startsWith('BDAT') ? dot : undefined),
    });
    await using server = await startSmtpServer({ extensions: CHUNKING, script: refuse(script) });
    const account = accountFor(server, oneConnection);
    const first = await sender.send(account, numbered(0));
    const second = await sender.send(account, numbered(1));
    expect([first.transcript, second.transcript].flat()).toContain(
      '(from now on without CHUNKING)',
    );
    expect(second.outcome).toBe('accepted');
    expect(
      server.messages.filter(({ accepted }) => accepted).every(({ by }) => by === 'data'),
    ).toBe(true);
  });
});

describe('the ladder', () => {
  it('goes down where a server can not take commands together', async () => {
    // It reads one command, and forgets what came with it.
    const script = { rcpt: garbage('what?\r\n') };
    await using server = await startSmtpServer({ extensions: PIPELINING, script });
    const account = accountFor(server, oneConnection);
    for (let mails = 0; mails < 2; mails += 1) await sender.send(account, numbered(mails));
    server.script = {};
    const commands = server.commands.length;
    expect((await sender.send(account, numbered(2))).outcome).toBe('accepted');
    expect(server.connections.at(-1)?.segments).toBeGreaterThanOrEqual(4);
    expect(server.commands.length).toBeGreaterThan(commands);
  });

  it('is pinned by the operator', async () => {
    for (const [pipelining, segments] of [
      ['pipelining', 2],
      ['in-turn', 4],
    ] as const) {
      await using server = await startSmtpServer({ extensions: CHUNKING });
      await sender.send(accountFor(server, { ...oneConnection, pipelining }), numbered(0));
      expect(server.messages[0]?.by).toBe('data');
      expect(server.connections[0]?.segments).toBe(segments);
    }
  });

  it('a server that falls silent when it is written to ahead is met in turn in the end', async () => {
    const script = {
      mail: ({ line }: Moment) => (line.includes('SIZE') ? silence() : undefined),
    };
    await using server = await startSmtpServer({ extensions: PIPELINING, script });
    const short = { ...oneConnection, timeouts: { ...timeouts, command: 60 } };
    const account = accountFor(server, short);
    const transcripts: string[] = [];
    for (let mails = 0; mails < 4; mails += 1)
      transcripts.push(...(await sender.send(account, numbered(mails))).transcript);
    expect(transcripts).toContain('(from now on one mail after the other)');
    expect(transcripts).toContain('(from now on without PIPELINING)');
  });
});
