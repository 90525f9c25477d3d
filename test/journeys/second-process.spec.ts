import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { TestInbox } from '../harness/inbox.js';
import { GatepostProcess } from '../harness/process.js';
import { silence, startSmtpServer } from '../harness/smtp-server.js';

describe('a second process on the embedded database', () => {
  let database: TestDatabase;
  let server: GatepostProcess & { url: string };
  beforeEach(async () => {
    database = await createTestDatabase();
    server = await GatepostProcess.serve(database.env);
  }, 60_000);
  afterEach(async () => {
    server.signal('SIGCONT');
    await server.stop('SIGKILL');
    await database.drop();
  });

  it('A38: is refused, naming the holder, and changes nothing', async () => {
    const second = await GatepostProcess.run(['serve'], { PORT: '0', ...database.env });
    expect(second.code).toBe(1);
    expect(second.output).toContain(`in use by the process with PID ${server.pid}`);
    expect((await new HttpClient(server.url).get('/health/ready')).status).toBe(200);
  }, 60_000);

  it('A38: does not get past a holder that is stopped but alive', async () => {
    server.signal('SIGSTOP');
    const second = await GatepostProcess.run(['serve'], { PORT: '0', ...database.env });
    expect(second.code).toBe(1);
    expect(second.output).toContain(`PID ${server.pid}`);
  }, 60_000);

  it('A38: takes over from a holder that died', async () => {
    await server.stop('SIGKILL');
    server = await GatepostProcess.serve(database.env);
    expect((await new HttpClient(server.url).get('/health/ready')).status).toBe(200);
  }, 60_000);

  it('ends with a sentence where its port is taken, and lets its own directory go', async () => {
    const own = await createTestDatabase();
    const { port } = new URL(server.url);
    const refused = await GatepostProcess.run(['serve'], { PORT: port, ...own.env });
    expect(refused.code).toBe(1);
    expect(refused.output).toContain(
      `can not listen on port ${port} of 127.0.0.1: something listens there already`,
    );
    expect((await GatepostProcess.run(['mail', 'list'], own.env)).code).toBe(0);
    await own.drop();
  }, 60_000);

  it('A30: sends at once what a process that died had in its hands', async () => {
    await server.stop('SIGKILL');
    await using sink = await startSmtpServer({ script: { greeting: silence() } });
    const env = {
      ...database.env,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_SENDER: 'no-reply@acme.test',
    };
    server = await GatepostProcess.serve(env);
    const body = { email: 'ada@example.com', password: 'correct horse battery staple' };
    await new HttpClient(server.url).post('/auth/register', body);
    await eventually(
      () => sink.connections.length,
      (count) => count > 0,
    );
    await server.stop('SIGKILL');

    sink.script = {};
    server = await GatepostProcess.serve(env);
    const arrived = ({ rcpts }: { rcpts: readonly string[] }) => rcpts.includes('ada@example.com');
    expect(await sink.waitForMessage(arrived, 20_000)).toMatchObject({ accepted: true });
  }, 90_000);

  it('F10: keeps lock, key and control socket from other users', () => {
    const dataDir = database.env.DATA_DIR;
    expect(statSync(dataDir).mode & 0o777).toBe(0o700);
    for (const name of ['lock', 'lock.json', 'secret.key', 'control.sock'])
      expect([name, statSync(join(dataDir, name)).mode & 0o777]).toEqual([name, 0o600]);
    expect(JSON.parse(readFileSync(join(dataDir, 'lock.json'), 'utf8')).pid).toBe(server.pid);
  });

  it('has its commands carried out by the server, through the control socket', async () => {
    const invited = await GatepostProcess.run(['invite', 'grace@example.com'], database.env);
    expect(invited).toMatchObject({ code: 0 });
    expect(invited.output).toContain('grace@example.com is invited as member until');
    const inbox = new TestInbox(new HttpClient(server.url));
    expect((await inbox.waitFor('grace@example.com')).subject).toContain('invited');

    const id = /mail show ([\w-]{36})/.exec(invited.output)?.[1] ?? '';
    const shown = await GatepostProcess.run(['mail', 'show', id], database.env);
    expect(shown.output).toContain('Status:     sent');
    expect(shown.output).toContain('accepted at dot by inbox');

    const list = await GatepostProcess.run(
      ['mail', 'list', '--to', 'grace@example.com'],
      database.env,
    );
    expect(list.output.trim().split('\n')).toHaveLength(2);

    const again = await GatepostProcess.run(['mail', 'retry', id], database.env);
    expect(again).toEqual({ code: 1, output: 'The server has accepted this mail already.\n' });
    const wrong = await GatepostProcess.run(['invite', 'a@x,b@y.com'], database.env);
    expect(wrong.code).toBe(1);
  }, 60_000);
});

describe('a data directory with a long path', () => {
  it('has its control socket all the same', async () => {
    const database = await createTestDatabase();
    const env = { ...database.env, DATA_DIR: join(database.env.DATA_DIR, 'd'.repeat(120)) };
    const server = await GatepostProcess.serve(env);
    const list = await GatepostProcess.run(['mail', 'list'], env);
    expect(list).toMatchObject({ code: 0, output: expect.stringContaining('invitation') });
    expect(await server.stop()).toBe(0);
    await database.drop();
  }, 60_000);
});

describe('a server that is told to end while it starts', () => {
  it('ends cleanly, and starts again', async () => {
    const database = await createTestDatabase();
    const early = GatepostProcess.start(['serve'], { PORT: '0', ...database.env });
    const isStarting = await eventually(
      () => early.output,
      (output) => output.includes('Opening the embedded database'),
    );
    expect(isStarting).not.toContain('API');
    expect(await early.stop()).toBe(0);
    const server = await GatepostProcess.serve(database.env);
    expect((await new HttpClient(server.url).get('/health/ready')).status).toBe(200);
    await server.stop();
    await database.drop();
  }, 60_000);
});
