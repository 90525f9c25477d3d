import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createTestDatabase, databaseKind, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { GatepostProcess } from '../harness/process.js';
import { silence, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const body = (email: string) => ({ email, password: 'correct horse battery staple' });

describe('G11: a server that is told to end', () => {
  let database: TestDatabase;
  let sink: SmtpServer;
  const running: GatepostProcess[] = [];

  beforeEach(async () => {
    database = await createTestDatabase();
    sink = await startSmtpServer();
  }, 30_000);
  afterEach(async () => {
    for (const server of running.splice(0)) await server.stop('SIGKILL');
    await sink.close();
    await database.drop();
  }, 30_000);

  const env = () => ({
    ...database.env,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SENDER: 'no-reply@acme.test',
    RATE_LIMIT: 'off',
  });

  async function serve() {
    const server = await GatepostProcess.serve(env());
    running.push(server);
    return server;
  }

  /** @returns the exit code and the seconds from now on */
  async function timed(ended: Promise<number | null>) {
    const begun = performance.now();
    return { code: await ended, seconds: (performance.now() - begun) / 1_000 };
  }

  function talkTo({ url }: { url: string }): Socket {
    const { hostname, port } = new URL(url);
    return connect(Number(port), hostname === 'localhost' ? '127.0.0.1' : hostname);
  }

  it('while its modules are loaded: ends with 0, and nothing was begun', async () => {
    // Tells of the moment at which the program begins to listen to the signal.
    const spy = `process.on('newListener',(name)=>{if(name==='SIGTERM')process._rawDebug('listens')})`;
    const early = GatepostProcess.start(['serve'], {
      PORT: '0',
      ...env(),
      NODE_OPTIONS: `--import=data:text/javascript,${spy}`,
    });
    running.push(early);
    await eventually(
      () => early.output,
      (output) => output.includes('listens'),
      20_000,
    );
    expect(await early.stop()).toBe(0);
    expect(early.output.trim()).toBe('listens');
  }, 60_000);

  it('idle, with keep-alive connections and half a request open: ends with 0 within 10 s', async () => {
    const server = await serve();
    const idle = talkTo(server);
    idle.write('GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n');
    await once(idle, 'data');
    const half = talkTo(server);
    half.on('error', () => undefined).write('POST /auth/register HTTP/1.1\r\nHost: loc');
    await once(half, 'connect');
    const { code, seconds } = await timed(server.stop());
    expect(code).toBe(0);
    // 8 s for the half request, and some for a machine that is busy.
    expect(seconds).toBeLessThan(20);
    expect(server.output).toContain('Ended.');
  }, 60_000);

  it('finishes a request that is under way, and what it promises arrives after the next start', async () => {
    const server = await serve();
    const request = JSON.stringify(body('ada@example.com'));
    const socket = talkTo(server);
    let answer = '';
    socket.on('data', (octets: Buffer) => (answer += octets.toString()));
    socket.write(
      `POST /auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
        `Content-Length: ${request.length}\r\nExpect: 100-continue\r\n\r\n`,
    );
    // 100 Continue: it has begun.
    await once(socket, 'data');
    server.signal('SIGTERM');
    await eventually(
      () => server.output,
      (output) => output.includes('finishing what is under way'),
    );
    socket.write(request);
    await once(socket, 'close');
    expect(answer).toContain('HTTP/1.1 202');
    expect(await server.ended()).toBe(0);

    const next = await serve();
    const arrived = ({ rcpts }: { rcpts: readonly string[] }) => rcpts.includes('ada@example.com');
    expect(await sink.waitForMessage(arrived, 20_000)).toMatchObject({ accepted: true });
    expect(await next.stop()).toBe(0);
  }, 90_000);

  it.each(['body', 'dot'] as const)(
    'G12: with a server silent at %s: waits for it, is red meanwhile, ends within 30 s; its mail is kept',
    async (stage) => {
      sink.script = { [stage]: silence() };
      const server = await serve();
      const http = new HttpClient(server.url);
      expect((await http.post('/auth/register', body('ada@example.com'))).status).toBe(202);
      await eventually(
        () => sink.commands.includes('DATA'),
        (begun) => begun,
      );
      const ended = timed(server.ended());
      server.signal('SIGTERM');
      server.signal('SIGTERM');
      await eventually(
        () => server.output,
        (output) => output.includes('finishing what is under way'),
      );
      // Both of these while it waits for the mail, and for those who probe it until then.
      expect(await http.get('/health/ready')).toMatchObject({
        status: 503,
        body: { code: 'shutting-down' },
      });
      expect((await http.get('/health/live')).status).toBe(200);
      const late = await http.post('/auth/register', body('late@example.com'));
      expect(late).toMatchObject({ status: 503, body: { code: 'shutting-down' } });
      expect(late.headers.get('connection')).toBe('close');
      expect(late.headers.get('retry-after')).toMatch(/^\d+$/);

      const { code, seconds } = await ended;
      expect(code).toBe(0);
      expect(seconds).toBeLessThan(35);
      sink.script = {};
      const list = await GatepostProcess.run(['mail', 'list', '--to', 'ada@example.com'], env());
      expect(list.output).toMatch(/ (queued|sending) /);
      // On PostgreSQL another process may hold it, so that its lease has to end first.
      if (databaseKind !== 'embedded') return;
      const next = await serve();
      await sink.waitForMessage(({ accepted }) => accepted, 30_000);
      const ids = sink.messages.map(({ raw }) => /^Message-ID: .*$/im.exec(raw.toString())?.[0]);
      expect(new Set(ids).size).toBe(1);
      expect(await next.stop()).toBe(0);
    },
    90_000,
  );
});
