import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { GatepostProcess } from '../harness/process.js';
import { describeWithSmallDisk, mountSmallDisk, type SmallDisk } from '../harness/small-disk.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const PASSWORD = 'correct horse battery staple';

describeWithSmallDisk('A35: a disk that fills up', () => {
  let database: TestDatabase;
  let disk: SmallDisk;
  let sink: SmtpServer;
  let server: GatepostProcess & { url: string };
  let http: HttpClient;
  /** Whose registration was acknowledged. */
  const promised = new Set<string>();

  beforeEach(async () => {
    promised.clear();
    database = await createTestDatabase();
    disk = mountSmallDisk(224);
    cpSync(database.env.DATA_DIR, join(disk.path, 'data'), { recursive: true });
    sink = await startSmtpServer();
    server = await GatepostProcess.serve(env());
    http = new HttpClient(server.url);
  }, 60_000);
  afterEach(async () => {
    await server.stop('SIGKILL');
    await sink.close();
    disk.unmount();
    await database.drop();
  }, 30_000);

  const env = () => ({
    DATA_DIR: join(disk.path, 'data'),
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(sink.port),
    SMTP_SENDER: 'no-reply@acme.test',
    RATE_LIMIT: 'off',
  });

  async function register(email: string) {
    const answer = await http.post('/auth/register', { email, password: PASSWORD });
    if (answer.status === 202) promised.add(email);
    return answer;
  }

  /** Registers people, ten at a time, until one is refused; `most` of them. */
  async function registerUntilRefused(prefix: string, most: number) {
    for (let begun = 0; begun < most; begun += 10) {
      const ten = Array.from({ length: 10 }, (_, n) =>
        register(`${prefix}${begun + n}@example.com`),
      );
      const refused = (await Promise.all(ten)).find(({ status }) => status !== 202);
      if (refused) return refused;
    }
    return undefined;
  }

  const isBack = (prefix: string) =>
    eventually(
      async () => (await register(`${prefix}${promised.size}@example.com`)).status,
      (status) => status === 202,
      30_000,
    );

  async function expectEveryMail() {
    const arrived = () => new Set(sink.messages.flatMap(({ rcpts }) => rcpts));
    const missing = () => [...promised].filter((email) => !arrived().has(email));
    expect(await eventually(missing, (left) => left.length === 0, 60_000)).toEqual([]);
  }

  async function expectEveryAccount() {
    const all = [...promised];
    // Who is known and not verified is told so after the right password only.
    const statuses = await Promise.all(
      all.slice(0, 20).map((email) => http.post('/auth/login', { email, password: PASSWORD })),
    );
    expect(new Set(statuses.map(({ body }) => body.code))).toEqual(new Set(['email-not-verified']));
  }

  const said = (text: string) => server.output.split(text).length - 1;

  it('is told with 507 before it is full; what was promised is delivered, and space brings everything back', async () => {
    disk.fillTo(64.1);
    const refused = await registerUntilRefused('early', 600);
    expect(refused).toMatchObject({
      status: 507,
      body: { code: 'insufficient-storage', status: 507 },
    });
    expect(refused?.headers.get('content-type')).toContain('application/problem+json');
    expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThan(0);
    expect((await http.get('/health/live')).status).toBe(200);
    expect(await http.get('/health/ready')).toMatchObject({
      status: 503,
      body: { code: 'not-ready', detail: expect.stringContaining('disk') },
    });
    await expectEveryMail();
    for (let n = 0; n < 20; n += 1)
      expect((await register(`late${n}@example.com`)).status).toBe(507);
    expect(said('Until there is more room nothing new is taken in')).toBe(1);

    disk.free();
    expect(await isBack('again')).toBe(202);
    expect((await http.get('/health/ready')).status).toBe(200);
    expect(said('everything is taken in and delivered again')).toBe(1);
    await expectEveryMail();
    await expectEveryAccount();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('sends nothing on the reserve, and everything once there is room', async () => {
    await register('first@example.com');
    await expectEveryMail();
    sink.script = { greeting: { act: 'silence', reading: true } };
    sink.dropConnections();
    await register('held@example.com');
    disk.fillTo(20);
    await eventually(
      () => said('No mail is sent any more'),
      (count) => count === 1,
    );
    sink.script = {};
    sink.dropConnections();
    disk.free();
    await expectEveryMail();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('by another program, at once: HTTP answers, and the database is back with every row', async () => {
    for (let n = 0; n < 20; n += 1) await register(`before${n}@example.com`);
    await expectEveryMail();
    disk.fillTo(0);
    // Faster than the watch: these come to a database that has nowhere to write.
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, n) => register(`during${n}@example.com`)),
    );
    for (const { status } of answers) expect([202, 503, 507]).toContain(status);
    expect((await http.get('/health/live')).status).toBe(200);
    // By the failure of a statement, or where all of them found room in the log, by the watch.
    const isReady = await eventually(
      async () => (await http.get('/health/ready')).status,
      (status) => status === 503,
    );
    expect(isReady).toBe(503);

    disk.free();
    expect(await isBack('after')).toBe(202);
    await expectEveryMail();
    await expectEveryAccount();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('G11: ends with 0 while it is full, and starts again with all there was', async () => {
    await register('ada@example.com');
    await expectEveryMail();
    disk.fillTo(0);
    await register('grace@example.com');
    expect(await server.stop()).toBe(0);

    const tooFull = await GatepostProcess.run(['serve'], { PORT: '0', ...env() });
    expect(tooFull.code).toBe(1);
    expect(tooFull.output).toContain('has no room left: only 0 MiB are free on its disk');

    disk.free();
    server = await GatepostProcess.serve(env());
    http = new HttpClient(server.url);
    await expectEveryMail();
    await expectEveryAccount();
  }, 120_000);
});
