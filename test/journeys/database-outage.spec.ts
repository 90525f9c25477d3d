import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CommitCutter } from '../harness/commit-cutter.js';
import { eventually } from '../harness/eventually.js';
import { HttpClient } from '../harness/http-client.js';
import { TestPostgresql } from '../harness/postgresql.js';
import { GatepostProcess } from '../harness/process.js';
import { describeWithSmallDisk, mountSmallDisk } from '../harness/small-disk.js';
import { delay, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const PASSWORD = 'correct horse battery staple';

describe('PostgreSQL', () => {
  let postgresql: TestPostgresql;
  let dataDir: string;
  let sink: SmtpServer;
  let server: GatepostProcess & { url: string };
  let http: HttpClient;
  /** Whose registration was acknowledged. */
  const promised = new Set<string>();

  beforeAll(async () => {
    postgresql = await TestPostgresql.start();
    dataDir = mkdtempSync(join(tmpdir(), 'gatepost-data-'));
  }, 60_000);
  afterAll(async () => {
    await postgresql.stop();
    rmSync(dataDir, { recursive: true });
  }, 30_000);
  beforeEach(async () => {
    promised.clear();
    sink = await startSmtpServer();
    await serve(postgresql.url);
  }, 60_000);
  afterEach(async () => {
    postgresql.thaw();
    await server.stop('SIGKILL');
    await sink.close();
  });

  async function serve(url: string) {
    server = await GatepostProcess.serve({
      DATA_DIR: dataDir,
      DATABASE_URL: url,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_SENDER: 'no-reply@acme.test',
      RATE_LIMIT: 'off',
    });
    http = new HttpClient(server.url);
  }

  /** Whatever happens to the database, a client is told that it is done, or to come again. */
  async function register(email: string): Promise<number> {
    const { status, headers, body } = await http.post('/auth/register', {
      email,
      password: PASSWORD,
    });
    if (status === 202) promised.add(email);
    else {
      expect([email, status, body.code]).toEqual([email, 503, 'database-unavailable']);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    }
    return status;
  }

  const statusOf = async (path: string) => (await http.get(path)).status;

  const becomes = (status: number) =>
    eventually(
      () => statusOf('/health/ready'),
      (seen) => seen === status,
      30_000,
    );

  /** Each mail that was promised, once. */
  async function expectMailsOnce() {
    const recipients = () => sink.messages.flatMap(({ rcpts }) => rcpts);
    await eventually(recipients, (all) => [...promised].every((to) => all.includes(to)), 60_000);
    // For a second one to come, should there be any.
    await sleep(2_000);
    const counts = [...promised].map((to) => [to, recipients().filter((one) => one === to).length]);
    expect(counts).toEqual([...promised].map((to) => [to, 1]));
  }

  it('A32: is killed and starts again: 503 meanwhile, and each mail arrives once', async () => {
    // Their mails are in the hands of the SMTP server when the database dies.
    sink.script = { dot: delay(4_000) };
    for (const name of ['ada', 'grace', 'edsger']) await register(`${name}@example.com`);
    expect(promised.size).toBe(3);
    await eventually(
      () => sink.commands.filter((line) => line === 'DATA').length,
      (count) => count >= 3,
    );
    postgresql.kill();
    expect(await becomes(503)).toBe(503);
    for (let n = 0; n < 5; n += 1) expect(await register(`down${n}@example.com`)).toBe(503);
    expect(await statusOf('/health/live')).toBe(200);
    // By now they are accepted, and nobody could write it down.
    await eventually(
      () => sink.messages.length,
      (count) => count >= 3,
    );

    await postgresql.restart();
    expect(await becomes(200)).toBe(200);
    expect(await register('barbara@example.com')).toBe(202);
    await expectMailsOnce();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('A32: ends our connections again and again: nothing crashes, nothing is lost or sent twice', async () => {
    const ending = (async () => {
      for (let n = 0; n < 15; n += 1) {
        await postgresql.terminateConnections();
        await sleep(150);
      }
    })();
    for (let n = 0; n < 10; n += 1)
      await Promise.all(
        Array.from({ length: 6 }, (_, k) => register(`terminated${n}.${k}@example.com`)),
      );
    await ending;
    expect(await becomes(200)).toBe(200);
    expect(await register('last@example.com')).toBe(202);
    await expectMailsOnce();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('A32: fails over: 503 as long as it only reads, and each mail arrives once', async () => {
    sink.script = { dot: delay(2_000) };
    for (const name of ['frances', 'jean']) await register(`${name}@example.com`);
    const promote = await postgresql.failOver();
    expect(await becomes(503)).toBe(503);
    // With the database's own words, for whoever has to find out.
    expect(server.output).toMatch(/read-only transaction.*"GET \/health\/ready failed"/);
    for (let n = 0; n < 5; n += 1) expect(await register(`reads${n}@example.com`)).toBe(503);
    expect(await statusOf('/health/live')).toBe(200);

    await promote();
    expect(await becomes(200)).toBe(200);
    expect(await register('kathleen@example.com')).toBe(202);
    await expectMailsOnce();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('A33: is lost at COMMIT: never an account without a mail, or a mail without an account', async () => {
    await server.stop();
    const cutter = await CommitCutter.start(postgresql.port);
    try {
      await serve(`postgres://gatepost:gatepost@127.0.0.1:${cutter.port}/postgres`);
      const statuses: number[] = [];
      for (let n = 0; n < 12; n += 1) {
        cutter.cuts.push(n % 3 === 0 ? 'before' : 'after');
        statuses.push(await register(`cut${n}@example.com`));
        cutter.cuts.length = 0;
        statuses.push(await register(`whole${n}@example.com`));
      }
      expect(statuses).toContain(503);
      const accounts = await postgresql.query<{ email: string }>(
        `select email from users where email ~ '^(cut|whole)' order by email`,
      );
      const mails = await postgresql.query<{ email: string }>(
        `select to_address as email from outbox
         where to_address ~ '^(cut|whole)' and kind = 'verification-code' order by to_address`,
      );
      expect(mails).toEqual(accounts);
      const emails = accounts.map(({ email }) => email);
      expect(emails).toEqual(expect.arrayContaining([...promised]));
      // Some of the errors hid a success.
      expect(emails.length).toBeGreaterThan(promised.size);
      expect(emails.length).toBeLessThan(24);
      await expectMailsOnce();
      expect(await server.stop()).toBe(0);
    } finally {
      await cutter.close();
    }
  }, 120_000);

  it('A34: hangs: 503 in bounded time, probes answer, and it goes on where it was', async () => {
    await postgresql.freeze();
    const begun = performance.now();
    const registering = Promise.all(
      Array.from({ length: 15 }, (_, n) => register(`hung${n}@example.com`)),
    );
    expect(await becomes(503)).toBe(503);
    expect(await statusOf('/health/live')).toBe(200);
    expect(new Set(await registering)).toEqual(new Set([503]));
    // The statement's 16 s, and some for a machine that is busy.
    expect(performance.now() - begun).toBeLessThan(30_000);
    // Nobody waits behind answers that never come.
    const again = performance.now();
    expect(await register('hung@example.com')).toBe(503);
    expect(performance.now() - again).toBeLessThan(15_000);

    postgresql.thaw();
    expect(await becomes(200)).toBe(200);
    expect(await register('thawed@example.com')).toBe(202);
    await expectMailsOnce();
    expect(await server.stop()).toBe(0);
  }, 120_000);

  it('G11: hangs when the server is told to end: it ends with 0 all the same', async () => {
    await postgresql.freeze();
    const waiting = register('hung@example.com').catch(() => 'no answer');
    await sleep(500);
    const begun = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(35_000);
    expect([503, 'no answer']).toContain(await waiting);
  }, 90_000);

  it('G11: is away when the server is told to end: it ends with 0', async () => {
    await register('ada@example.com');
    await expectMailsOnce();
    postgresql.kill();
    expect(await becomes(503)).toBe(503);
    const begun = performance.now();
    expect(await server.stop()).toBe(0);
    expect(performance.now() - begun).toBeLessThan(20_000);
    await postgresql.restart();
  }, 90_000);
});

describeWithSmallDisk('PostgreSQL on a disk that fills up', () => {
  it('A36: answers 507 to what it can not store, and goes on when there is space', async () => {
    const disk = mountSmallDisk(256);
    chmodSync(disk.path, 0o755);
    const postgresql = await TestPostgresql.start(disk.path);
    const sink = await startSmtpServer();
    const dataDir = mkdtempSync(join(tmpdir(), 'gatepost-data-'));
    const server = await GatepostProcess.serve({
      DATA_DIR: dataDir,
      DATABASE_URL: postgresql.url,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(sink.port),
      SMTP_SENDER: 'no-reply@acme.test',
      RATE_LIMIT: 'off',
    });
    try {
      const http = new HttpClient(server.url);
      const promised: string[] = [];
      const register = async (email: string) => {
        const answer = await http.post('/auth/register', { email, password: PASSWORD });
        if (answer.status === 202) promised.push(email);
        return answer;
      };
      await register('before@example.com');
      disk.fillTo(0);
      const seen = new Set<string>();
      // Whoever still finds room in a page is let in; a server that panics is away for a moment.
      for (let n = 0; n < 300 && !seen.has('507 insufficient-storage'); n += 10)
        for (const { status, body } of await Promise.all(
          Array.from({ length: 10 }, (_, k) => register(`full${n + k}@example.com`)),
        ))
          seen.add(status === 202 ? '202' : `${status} ${body.code}`);
      expect([...seen].toSorted().slice(-1)).toEqual(['507 insufficient-storage']);
      expect([...seen]).not.toContain('500 internal-error');
      expect((await http.get('/health/live')).status).toBe(200);

      disk.free();
      expect(
        await eventually(
          async () => (await register(`after${promised.length}@example.com`)).status,
          (status) => status === 202,
          30_000,
        ),
      ).toBe(202);
      const missing = () =>
        promised.filter((to) => !sink.messages.some(({ rcpts }) => rcpts.includes(to)));
      expect(await eventually(missing, (left) => left.length === 0, 60_000)).toEqual([]);
      expect(await server.stop()).toBe(0);
    } finally {
      await server.stop('SIGKILL');
      await sink.close();
      await postgresql.stop();
      disk.unmount();
      rmSync(dataDir, { recursive: true });
    }
  }, 180_000);
});
