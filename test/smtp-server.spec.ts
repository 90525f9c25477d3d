import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { eventually } from './harness/eventually.js';
import { randomNumbers } from './harness/random.js';
import {
  andThen,
  drop,
  endlessLine,
  endlessLines,
  reply,
  type SmtpServer,
  type SmtpServerOptions,
  sometimes,
  startSmtpServer,
} from './harness/smtp-server.js';

// The server of the tests, held to what a client would see of it.

const CHUNKING = ['PIPELINING', 'CHUNKING', '8BITMIME'];
const ENVELOPE = 'MAIL FROM:<a@example.com> BODY=8BITMIME\r\nRCPT TO:<b@example.org>\r\n';
const MESSAGE = 'Subject: x\r\n\r\n.\r\n..a dot is a dot\r\n';
const chunk = (text: string, last = ' LAST') => `BDAT ${Buffer.byteLength(text)}${last}\r\n${text}`;

/** Says all of this at once after EHLO. @returns the codes of the replies to it */
async function say(server: SmtpServer, ...segments: string[]): Promise<string> {
  await using client = await dial(server);
  for (const segment of segments) {
    client.socket.write(segment);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  client.socket.write('QUIT\r\n');
  await client.closed;
  return [...client.heard().matchAll(/^(\d{3}) /gm)].map(([, code]) => code).join(' ');
}

async function dial({ port }: SmtpServer) {
  const socket: Socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (data: Buffer) => (text += data.toString('latin1')));
  socket.on('error', () => {});
  socket.write('EHLO client.test\r\n');
  const closed = once(socket, 'close');
  return {
    socket,
    closed,
    heard: () => text,
    [Symbol.asyncDispose]: async () => void socket.destroy(),
  };
}

const started = (options: SmtpServerOptions = {}) =>
  startSmtpServer({ extensions: CHUNKING, ...options });

describe('CHUNKING (RFC 3030)', () => {
  it('takes two mails in one segment, chunks and all, octet by octet', async () => {
    await using server = await started();
    const [head, tail] = [MESSAGE.slice(0, 13), MESSAGE.slice(13)];
    const codes = await say(
      server,
      `${ENVELOPE}${chunk(MESSAGE)}${ENVELOPE}${chunk(head, '')}${chunk(tail, '')}${chunk('')}`,
    );
    expect(codes).toBe('220 250 250 250 250 250 250 250 250 250 221');
    expect(server.messages).toHaveLength(2);
    for (const message of server.messages) {
      expect(message).toMatchObject({ by: 'bdat', accepted: true, rcpts: ['b@example.org'] });
      expect(message.raw.toString()).toBe(MESSAGE);
      expect(message.parameters[0]).toContain('BODY=8BITMIME');
    }
  });

  it('counts octets and not characters, wherever the segments end', async () => {
    await using server = await started();
    const text = 'Subject: Grüße\r\n\r\nüü\r\n';
    const all = `${ENVELOPE}${chunk(text)}`;
    expect(await say(server, all.slice(0, 70), all.slice(70, 90), all.slice(90))).toBe(
      '220 250 250 250 250 221',
    );
    expect(server.messages[0]?.raw.toString()).toBe(text);
  });

  it.each([
    ['wants RSET after a chunk without recipient', false, '503 250 221'],
    ['or takes BDAT LAST for the end', true, '250 250 250 221'],
  ])('%s', async (_name, endsFailedChunks, then) => {
    await using server = await started({
      endsFailedChunks,
      script: { rcpt: ({ line }) => (line.includes('nobody') ? reply(550) : undefined) },
    });
    const refused = `MAIL FROM:<a@example.com>\r\nRCPT TO:<nobody@x.test>\r\n${chunk(MESSAGE)}`;
    const next = endsFailedChunks ? `${ENVELOPE}${chunk('x\r\n')}` : `MAIL FROM:<a@x>\r\nRSET\r\n`;
    expect(await say(server, `${refused}${next}`)).toBe(`220 250 250 550 503 ${then}`);
    expect(server.messages).toHaveLength(endsFailedChunks ? 1 : 0);
  });

  it('throws away the chunks behind one that it refused', async () => {
    const script = { bdat: reply(452, '4.3.1 full') };
    await using server = await started({ script });
    const codes = await say(server, `${ENVELOPE}${chunk('one', '')}${chunk('two')}RSET\r\n`);
    expect(codes).toBe('220 250 250 250 452 452 250 221');
    expect(server.messages).toEqual([]);
  });

  it('is offered to nobody who has not asked for it', async () => {
    await using server = await startSmtpServer();
    expect(await say(server, `${ENVELOPE}BDAT 0 LAST\r\n`)).toBe('220 250 250 250 502 221');
  });
});

describe('exact moments', () => {
  it.each(['data', 'bdat'] as const)(
    'the k-th octet of the message, by %s, and what came till then',
    async (by) => {
      await using server = await started();
      const begin = by === 'data' ? 'DATA\r\n' : `BDAT ${MESSAGE.length} LAST\r\n`;
      await using client = await dial(server);
      let bodies = 0;
      server.script = { octets: 15, body: () => ((bodies += 1), undefined) };
      client.socket.write(`${ENVELOPE}${begin}${MESSAGE.slice(0, 14)}`);
      await eventually(client.heard, (text) => /250 2\.1\.5/.test(text));
      expect(bodies).toBe(0);
      client.socket.write(MESSAGE.slice(14, 15));
      expect(
        await eventually(
          () => bodies,
          (count) => count > 0,
        ),
      ).toBe(1);
      client.socket.destroy();
      await eventually(
        () => server.unfinished,
        (all) => all.length > 0,
      );
      expect(server.messages).toEqual([]);
      expect(server.unfinished).toMatchObject([{ by, rcpts: ['b@example.org'], replyCode: 0 }]);
      expect(server.unfinished[0]?.wire.toString()).toBe(MESSAGE.slice(0, 15));
    },
  );

  it('shorter messages have it at their end', async () => {
    await using server = await started();
    let bodies = 0;
    server.script = { octets: 10_000, body: () => ((bodies += 1), undefined) };
    await say(server, `${ENVELOPE}DATA\r\n${MESSAGE}.\r\n${ENVELOPE}${chunk(MESSAGE)}`);
    expect(bodies).toBe(2);
    expect(server.messages).toHaveLength(2);
  });

  it('after a reply was written', async () => {
    await using server = await started();
    await using client = await dial(server);
    let then = '';
    const hook = async () => {
      await eventually(client.heard, (text) => text.includes('2.0.0 queued'));
      then = client.heard();
    };
    server.script = { dot: () => andThen(undefined, hook) };
    client.socket.write(`${ENVELOPE}DATA\r\n${MESSAGE}.\r\n`);
    await server.waitForMessage();
    expect(then).toContain('250 2.0.0 queued');
  });
});

describe('limits of a provider', () => {
  it('one connection too many is told so and ended', async () => {
    await using server = await started({ limits: { connections: 1, connectionReply: 432 } });
    await using first = await dial(server);
    await eventually(first.heard, (text) => text.includes('220 '));
    await using second = await dial(server);
    await second.closed;
    expect(second.heard()).toMatch(/^432 4\.3\.2 /);
    expect(server.limits.met.connections).toBe(1);
    first.socket.destroy();
    await eventually(
      () => server.talking,
      (count) => count === 0,
    );
    expect(await say(server, 'NOOP\r\n')).toBe('220 250 250 221');
  });

  it('mails within a time', async () => {
    await using server = await started({ limits: { rate: { mails: 2, ms: 60_000, code: 451 } } });
    const mail = `MAIL FROM:<a@x>\r\nRSET\r\n`;
    expect(await say(server, mail, mail, mail)).toBe('220 250 250 250 250 250 451 250 221');
  });

  it('messages of a connection', async () => {
    await using server = await started({ limits: { messagesPerConnection: 1 } });
    const message = `${ENVELOPE}${chunk(MESSAGE)}`;
    expect(await say(server, `${message}${message}`)).toBe('220 250 250 250 250 421');
    expect(server.messages).toHaveLength(1);
  });
});

it.each([
  ['a line of 64 MB', endlessLine(64 * 2 ** 20), 64 * 2 ** 20],
  ['a million lines', endlessLines(1_000_000), 15_000_000],
])('floods whoever reads on: %s', async (_name, act, least) => {
  await using server = await started({ script: { ehlo: act } });
  const socket = connect(server.port, '127.0.0.1');
  let octets = 0;
  socket.on('data', (data: Buffer) => (octets += data.length));
  socket.write('EHLO x\r\n');
  await eventually(
    () => octets,
    (count) => count >= least,
    20_000,
  );
  expect(octets).toBeGreaterThanOrEqual(least);
  socket.destroy();
});

it('throws the same dice with the same seed', async () => {
  const run = async (seed: number) => {
    await using server = await started({
      script: { mail: sometimes(randomNumbers(seed), 0.5, [reply(451), reply(550)]) },
    });
    return await say(server, 'MAIL FROM:<a@x>\r\nRSET\r\n'.repeat(12));
  };
  const [first, second, other] = [await run(7), await run(7), await run(8)];
  expect(first).toContain('451');
  expect(second).toBe(first);
  expect(other).not.toBe(first);
});

it('keeps a message of which the script lost the answer', async () => {
  await using server = await started({ script: { dot: drop() } });
  await say(server, `${ENVELOPE}DATA\r\n${MESSAGE.slice(0, -2)}\r\n.\r\n`);
  expect(server.messages).toMatchObject([{ accepted: false, replyCode: 0, by: 'data' }]);
});
