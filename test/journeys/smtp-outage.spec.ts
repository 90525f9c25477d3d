import { sql } from '#database';
import { MailService } from '#mail';
import { Outbox } from '#outbox';
import { AccountBreakers, SmtpAccounts } from '#smtp-account';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { freePort } from '../../src/free-port.js';
import { reply, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';
import { PASSWORD } from '../harness/people.js';

const start = (port: number) =>
  startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(port),
    SMTP_SENDER: 'Acme <no-reply@acme.example>',
  });

const statuses = async (app: TestApp) => {
  const { rows } = await sql<{ status: string }>`select status from outbox`.execute(app.db);
  return rows.map(({ status }) => status);
};

/** As an operator who asks for another try of everything. */
async function dueNow(app: TestApp): Promise<void> {
  const outbox = app.server.app.get(Outbox, { strict: false });
  for (const { id } of await outbox.list({ status: 'queued' }, 100)) await outbox.retry(id);
}

/** Milliseconds in which an account that was left alone has been tried again, on a busy machine too. */
const AT_MOST_A_PAUSE = 40_000;

describe('an SMTP outage', () => {
  it('A01: requests are answered as ever, and every mail arrives once the server is back', async () => {
    const port = await freePort('127.0.0.1');
    const app = await start(port);
    let server: SmtpServer | undefined;
    try {
      const people = Array.from({ length: 10 }, (_, i) => `person${i}@example.com`);
      for (const email of people) {
        const answer = await app.http.post('/auth/register', { email, password: PASSWORD });
        expect(answer.status).toBe(202);
      }
      const waiting = await eventually(
        () =>
          sql<{ error: string }>`
          select last_error as error from outbox where last_error is not null`.execute(app.db),
        // The account is left alone after a few; the others wait without a try of their own.
        ({ rows }) => rows.length > 0,
      );
      expect(waiting.rows[0]?.error).toContain('Nothing listens at 127.0.0.1');
      expect(await app.http.get('/health/ready')).toMatchObject({
        status: 200,
        body: { checks: { mail: 'failing' } },
      });

      server = await startSmtpServer({ port });
      await dueNow(app);
      const arrived = server;
      await eventually(
        () => arrived.messages.length,
        (count) => count >= people.length,
        AT_MOST_A_PAUSE,
      );
      expect(arrived.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(people.toSorted());
      expect(
        await eventually(
          () => statuses(app),
          (all) => all.every((s) => s === 'sent'),
        ),
      ).toEqual(people.map(() => 'sent'));
      expect((await app.http.get('/health/ready')).body.checks.mail).toBe('ok');
    } finally {
      await app.close();
      await server?.close();
    }
  }, 60_000);

  it('I4: what has expired meanwhile is never sent', async () => {
    const port = await freePort('127.0.0.1');
    const app = await start(port);
    let server: SmtpServer | undefined;
    try {
      await app.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
      await app.clock.advance('11 minutes');
      server = await startSmtpServer({ port });
      await dueNow(app);
      expect(
        await eventually(
          () => statuses(app),
          (all) => all.includes('expired'),
          15_000,
        ),
      ).toEqual(['expired']);
      expect(server.messages).toEqual([]);
      const { rows } = await sql<{ variables: unknown }>`select variables from outbox`.execute(
        app.db,
      );
      expect(rows).toEqual([{ variables: null }]);
    } finally {
      await app.close();
      await server?.close();
    }
  }, 40_000);

  it('A29: a day of it: codes expire, what lives longer is kept and arrives', async () => {
    const port = await freePort('127.0.0.1');
    const app = await start(port);
    let server: SmtpServer | undefined;
    const mails = async () => {
      const { rows } = await sql<{
        to: string;
        status: string;
        isSealed: boolean;
        wait: number | null;
      }>`
        select to_address as to, status, variables is not null as "isSealed",
          extract(epoch from next_attempt_at - now())::float8 as wait
        from outbox order by to_address`.execute(app.db);
      return rows;
    };
    try {
      for (const name of ['ada', 'edsger'])
        await app.http.post('/auth/register', {
          email: `${name}@example.com`,
          password: PASSWORD,
        });
      const mail = app.server.app.get(MailService, { strict: false });
      await app.db.transaction().execute((tx) =>
        mail.sendInvitation(tx, {
          to: 'grace@example.com',
          locale: 'en',
          role: 'member',
          name: undefined,
          token: 't'.repeat(43),
          expiresAt: new Date(Date.now() + 7 * 86_400_000),
        }),
      );
      expect((await mails()).map(({ status }) => status)).not.toContain('failed');
      await app.clock.advance('24 hours');
      const after = await eventually(
        mails,
        (all) => all.filter(({ status }) => status === 'expired').length === 2,
        AT_MOST_A_PAUSE * 2,
      );
      expect(after).toMatchObject([
        { to: 'ada@example.com', status: 'expired', isSealed: false },
        { to: 'edsger@example.com', status: 'expired', isSealed: false },
        { to: 'grace@example.com', status: 'queued', isSealed: true },
      ]);
      // The account decides when there is a next try, and the mail is ready for it.
      expect(after[2]?.wait).toBeLessThanOrEqual(3_600);
      const [account] = app.server.app.get(SmtpAccounts, { strict: false }).inOrder();
      const breakers = app.server.app.get(AccountBreakers, { strict: false });
      expect(breakers.pauseLeft(account!)).toBeLessThanOrEqual(60_000);

      server = await startSmtpServer({ port });
      await dueNow(app);
      const arrived = await server.waitForMessage(() => true, AT_MOST_A_PAUSE * 2);
      expect(arrived.rcpts).toEqual(['grace@example.com']);
    } finally {
      await app.close();
      await server?.close();
    }
  }, 180_000);

  it('A07: a refused sign-in makes mails wait; a refused recipient ends one mail', async () => {
    const server = await startSmtpServer({
      script: {
        rcpt: ({ line }) =>
          line.includes('nobody') ? reply(550, '5.1.1 No such user') : undefined,
      },
    });
    const app = await start(server.port);
    try {
      for (const email of ['nobody@example.com', 'ada@example.com'])
        await app.http.post('/auth/register', { email, password: PASSWORD });
      const all = await eventually(
        () =>
          sql<{ to: string; status: string; error: string | null }>`
          select to_address as to, status, last_error as error from outbox order by to_address`.execute(
            app.db,
          ),
        ({ rows }) => rows.every(({ status }) => status === 'sent' || status === 'failed'),
      );
      expect(all.rows).toEqual([
        { to: 'ada@example.com', status: 'sent', error: null },
        { to: 'nobody@example.com', status: 'failed', error: expect.stringContaining('5.1.1') },
      ]);
    } finally {
      await app.close();
      await server.close();
    }
  });

  it('A10: a connection lost after the final dot is retried with the same Message-ID and bytes', async () => {
    const server = await startSmtpServer();
    let drops = 1;
    server.script = {
      dot: () => (drops-- > 0 ? { act: 'end', bytes: Buffer.alloc(0), how: 'rst' } : undefined),
    };
    const app = await start(server.port);
    try {
      await app.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
      await eventually(
        () => sql<{ outcome: string }>`select outcome from outbox_attempts`.execute(app.db),
        ({ rows }) => rows.some(({ outcome }) => outcome === 'unknown'),
      );
      await dueNow(app);
      await eventually(
        () => statuses(app),
        (all) => all.every((s) => s === 'sent'),
      );
      const [first, second] = server.messages;
      expect(server.messages).toHaveLength(2);
      expect(second?.raw.equals(first!.raw)).toBe(true);
      expect(first?.raw.toString()).toMatch(/^Message-ID: <[\w-]+@localhost>\r$/m);
    } finally {
      await app.close();
      await server.close();
    }
  });
});
