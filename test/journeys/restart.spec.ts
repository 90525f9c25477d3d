import { freePort } from '../../src/free-port.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { GatepostProcess } from '../harness/process.js';
import { silence, startSmtpServer } from '../harness/smtp-server.js';

const body = (email: string) => ({ email, password: 'correct horse battery staple' });

describe('a restart', () => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await createTestDatabase();
  });
  afterEach(() => database.drop());

  const envFor = (port: number) => ({
    ...database.env,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(port),
    SMTP_SENDER: 'no-reply@acme.example',
    RATE_LIMIT: 'off',
  });

  it('A30: kill -9 between commit and delivery loses nothing', async () => {
    const port = await freePort('127.0.0.1');
    const first = await GatepostProcess.serve(envFor(port));
    const people = ['ada@example.com', 'grace@example.com', 'edsger@example.com'];
    const http = new HttpClient(first.url);
    for (const email of people)
      expect((await http.post('/auth/register', body(email))).status).toBe(202);
    await first.stop('SIGKILL');

    const sink = await startSmtpServer({ port });
    const second = await GatepostProcess.serve(envFor(port));
    try {
      // On PostgreSQL, what was being tried at the kill waits until the dead worker has been silent
      // for half a minute, and until its turn to try the account, a minute, is over.
      await eventually(
        () => sink.messages.length,
        (count) => count >= people.length,
        90_000,
      );
      expect(sink.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(people.toSorted());
    } finally {
      await second.stop();
      await sink.close();
    }
  }, 150_000);

  it('keeps sessions, also where the address of the server is another one afterwards', async () => {
    const env = { ...database.env, SKIP_USER_VERIFICATION: 'true' };
    const first = await GatepostProcess.serve(env);
    await new HttpClient(first.url).post('/auth/register', body('ada@example.com'));
    const login = await new HttpClient(first.url).post('/auth/login', body('ada@example.com'));
    await first.stop();

    const second = await GatepostProcess.serve(env);
    expect(second.url).not.toBe(first.url);
    const me = await new HttpClient(second.url).get('/users/me', { token: login.body.accessToken });
    expect(me).toMatchObject({ status: 200, body: { email: 'ada@example.com' } });
    await second.stop();
  }, 60_000);

  it('G11: SIGTERM, even twice at once, ends it with exit code 0 and hands back its mails', async () => {
    const sink = await startSmtpServer({ script: { greeting: silence() } });
    const server = await GatepostProcess.serve(envFor(sink.port));
    try {
      const http = new HttpClient(server.url);
      await http.post('/auth/register', body('ada@example.com'));
      await eventually(
        () => sink.connections.length,
        (count) => count > 0,
      );
      server.signal('SIGTERM');
      server.signal('SIGTERM');
      expect(await server.ended()).toBe(0);
    } finally {
      await sink.close();
    }
  }, 60_000);

  it('F08: leaves no code, password or key in the data directory or the log', async () => {
    const sink = await startSmtpServer();
    const server = await GatepostProcess.serve({ ...envFor(sink.port), LOG_LEVEL: 'trace' });
    const http = new HttpClient(server.url);
    await http.post('/auth/register', body('ada@example.com'));
    await eventually(
      () => sink.messages.length,
      (count) => count > 0,
    );
    const code = /^ {4}(\d{6})\r?$/m.exec(sink.messages[0]!.raw.toString())?.[1];
    expect(code).toMatch(/^\d{6}$/);
    const wrong = code === '000000' ? '000001' : '000000';
    await http.post('/auth/verification', { email: 'ada@example.com', code: wrong });
    await http.post('/auth/verification', { email: 'ada@example.com', code });
    await server.stop();
    await sink.close();
    expect(server.output).not.toContain(code);
    expect(server.output).not.toContain('correct horse');
    expect(server.output).not.toMatch(/eyJ[\w-]+\.[\w-]+\./);
  }, 60_000);
});
