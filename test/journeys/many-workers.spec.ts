import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { allSent, mailsOf, queueMails } from '../harness/mails.js';
import { GatepostProcess } from '../harness/process.js';
import {
  delay,
  drop,
  later,
  type Moment,
  silence,
  type SmtpServer,
  startSmtpServer,
} from '../harness/smtp-server.js';

const LIMIT = 3;

describe('many worker processes on one PostgreSQL', () => {
  let database: TestDatabase;
  let server: SmtpServer;
  let api: TestApp;
  let workers: GatepostProcess[];
  /** As the server counts connections, a moment after each has come. */
  let most: number;
  let refused: number;

  /** A provider that refuses the connection that is too much (Microsoft 365). */
  const countConnections = () =>
    later(50, () => {
      most = Math.max(most, server.openConnections);
      if (server.openConnections <= LIMIT) return undefined;
      refused += 1;
      return drop('432 4.3.2 Concurrent connections limit exceeded\r\n');
    });

  beforeEach(async () => {
    [most, refused, workers] = [0, 0, []];
    database = await createTestDatabase();
    server = await startSmtpServer({ script: { greeting: countConnections } });
    api = await startApp({ ...env(), ROLE: 'api' }, database);
  });
  afterEach(async () => {
    for (const worker of workers) {
      worker.signal('SIGCONT');
      await worker.stop('SIGKILL');
    }
    await api.close();
    await server.close();
    await database.drop();
  });

  const env = () => ({
    ...database.env,
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_SENDER: 'no-reply@acme.test',
    SMTP_MAX_CONNECTIONS: String(LIMIT),
    SMTP_CHECK_AT_START: 'false',
    // Of a server that takes its time: what ends a try must not be its own deadline.
    SMTP_TIMEOUT_COMMAND: '10m',
    SMTP_TIMEOUT_DATA: '10m',
    SECRET_KEY: 'a5'.repeat(32),
    ADMIN_WEB_URL: 'http://acme.test',
  });

  /** One that takes mails by now. */
  async function startWorker(): Promise<GatepostProcess> {
    const count = async () => {
      const { rows } = await sql<{ workers: number }>`
        select count(*)::int as workers from delivery_workers`.execute(api.db);
      return rows[0]?.workers ?? 0;
    };
    const before = await count();
    const worker = GatepostProcess.start(['serve'], { ...env(), ROLE: 'worker' });
    workers.push(worker);
    const now = await eventually(count, (workers) => workers > before, 30_000);
    if (now === before) throw new Error(worker.output);
    return worker;
  }

  const received = (to: string) =>
    server.messages.filter(({ rcpts, accepted }) => accepted && rcpts.includes(to));
  const messageIds = (to: string) =>
    received(to).map(({ raw }) => /^message-id: *(.*)$/im.exec(raw.toString())?.[1]);

  it('G05: never have more connections open than the account may have', async () => {
    server.script = { ...server.script, dot: delay(20) };
    await Promise.all([startWorker(), startWorker(), startWorker()]);
    const people: string[] = [];
    for (let i = 0; i < 5; i += 1) {
      people.push(...(await queueMails(api, 40, `round${i}-`)));
      await allSent(api, 30_000);
      // Long enough for some to close their idle connections, and for others to take their turn.
      await sleep(i === 2 ? 11_000 : 100);
    }
    const mails = await mailsOf(api);
    expect(mails.every(({ status }) => status === 'sent')).toBe(true);
    expect(server.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(people.toSorted());
    expect({ most, refused }).toEqual({ most: LIMIT, refused: 0 });
    // Whoever got no connection has not tried, so that no try was in vain.
    expect(mails.map(({ attempts }) => attempts)).toEqual(mails.map(() => 1));
  }, 120_000);

  it('G05: back off, and lose no mail, where others use the account too', async () => {
    // A program of somebody else has all but one.
    let others = LIMIT - 1;
    server.script = {
      greeting: () =>
        later(50, () => {
          if (server.openConnections + others <= LIMIT) return undefined;
          refused += 1;
          return drop('432 4.3.2 Concurrent connections limit exceeded\r\n');
        }),
      // To a quick server nobody opens a second connection.
      dot: delay(200),
    };
    await Promise.all([startWorker(), startWorker()]);
    await queueMails(api, 20);
    await eventually(
      () => refused,
      (count) => count > 0,
      20_000,
    );
    expect(refused).toBeGreaterThan(0);
    others = 0;
    await allSent(api, 60_000);
    const mails = await mailsOf(api);
    expect(mails.map(({ status }) => status)).toEqual(mails.map(() => 'sent'));
  }, 120_000);

  it('A40: what one of them had that was killed goes out by another, and by its connections', async () => {
    let isKilled = false;
    let unanswered = 0;
    server.script = {
      ...server.script,
      dot: () => {
        if (isKilled || server.messages.length < 10) return delay(50);
        unanswered += 1;
        return silence();
      },
    };
    const first = await startWorker();
    const people = await queueMails(api, 60);
    await eventually(
      () => unanswered,
      (count) => count >= LIMIT,
    );
    expect(unanswered).toBe(LIMIT);
    const second = await startWorker();
    await first.stop('SIGKILL');
    isKilled = true;
    // Half a minute of silence, the lease of the connections; not the 400 s of a forgotten mail.
    const mails = await allSent(api, 60_000);
    expect(mails.filter(({ status }) => status !== 'sent')).toEqual([]);
    expect(second.output).not.toContain('unexpectedly');
    expect(mails.filter(({ attempts }) => attempts > 1).length).toBeGreaterThanOrEqual(LIMIT);
    expect(mails.filter(({ attempts }) => attempts > 2)).toEqual([]);
    for (const to of people) {
      expect(received(to)).not.toEqual([]);
      expect(new Set(messageIds(to)).size).toBe(1);
    }
    expect({ most, refused }).toEqual({ most: LIMIT, refused: 0 });
  }, 120_000);

  it('A40: one that was stopped in the middle puts no final dot when it goes on', async () => {
    const isFirst = ({ connection }: Moment) => connection <= 2;
    const reached = { data: false, dot: false };
    server.script = {
      ...server.script,
      data: (moment) => {
        if (!isFirst(moment) || !moment.rcpts[0]?.startsWith('before')) return undefined;
        reached.data = true;
        return delay(15_000);
      },
      dot: (moment) => {
        if (!isFirst(moment) || !moment.rcpts[0]?.startsWith('after')) return undefined;
        reached.dot = true;
        return delay(15_000);
      },
    };
    const stopped = await startWorker();
    const [before] = (await queueMails(api, 1, 'before')) as [string];
    const [after] = (await queueMails(api, 1, 'after')) as [string];
    await eventually(
      () => reached.data && reached.dot,
      (both) => both,
    );
    stopped.signal('SIGSTOP');
    expect(reached).toEqual({ data: true, dot: true });
    expect(received(before)).toEqual([]);

    const heir = await startWorker();
    await allSent(api, 60_000);
    expect((await mailsOf(api)).map(({ status }) => status)).toEqual(['sent', 'sent']);
    const attempts = async () => (await mailsOf(api)).map((mail) => mail.attempts);
    expect(await attempts()).toEqual([2, 2]);

    stopped.signal('SIGCONT');
    await eventually(
      () => stopped.output,
      (output) => output.includes('Taken for dead by other workers'),
    );
    expect(stopped.output).toContain('Taken for dead by other workers');
    await sleep(2_000);
    // The dot was not out: once. It was: nobody could know, and it carries the same Message-ID.
    expect(received(before)).toHaveLength(1);
    expect(received(after)).toHaveLength(2);
    expect(new Set(messageIds(after)).size).toBe(1);
    expect(await attempts()).toEqual([2, 2]);

    // It goes on under another name.
    await heir.stop();
    const [later] = (await queueMails(api, 1, 'later')) as [string];
    await eventually(
      () => received(later).length,
      (count) => count > 0,
      30_000,
    );
    expect(received(later)).toHaveLength(1);
  }, 180_000);
});
