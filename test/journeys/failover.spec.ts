import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { allSent, mailsOf, queueMails } from '../harness/mails.js';
import { firstAdminVia } from '../harness/people.js';
import {
  delay,
  drop,
  greylist,
  reply,
  type SmtpServer,
  startSmtpServer,
} from '../harness/smtp-server.js';

/** A application whose account of the environment is server A; its admin has joined. */
async function startWith(a: SmtpServer, more: Record<string, string> = {}) {
  const app = await startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(a.port),
    SMTP_SENDER: 'Acme <no-reply@a.example>',
    SMTP_ALLOW_PRIVATE_HOSTS: 'true',
    FIRST_ADMIN_EMAIL: 'admin@example.com',
    ...more,
  });
  const { accessToken: token } = await firstAdminVia(app, a);
  return { app, token };
}

/** The second account, as an operator adds it. */
async function addB(app: TestApp, token: string, b: SmtpServer, more: object = {}) {
  const { status, body } = await app.http.post(
    '/admin/smtp-accounts',
    { name: 'b', host: '127.0.0.1', port: b.port, sender: 'Bee <no-reply@b.example>', ...more },
    { token },
  );
  expect([status, body]).toEqual([201, expect.objectContaining({ name: 'b' })]);
}

const messageIds = (...servers: SmtpServer[]) =>
  servers.flatMap(({ messages }) =>
    messages
      .filter(({ accepted, rcpts }) => accepted && !rcpts.includes('admin@example.com'))
      .map(({ raw }) => /^Message-ID: (\S+)/im.exec(raw.toString())?.[1]),
  );

const authTries = ({ commands }: SmtpServer) =>
  commands.filter((command) => command.startsWith('AUTH')).length;

const signIn = { user: 'ada', pass: 'the right one', inClear: true };
const credentials = {
  SMTP_USERNAME: signIn.user,
  SMTP_PASSWORD: signIn.pass,
  SMTP_REQUIRE_TLS: 'false',
};

describe('several accounts', () => {
  it('A28: under load A dies, B serves, A comes back: nothing lost, nothing twice', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      await queueMails(app, 300, 'first');
      await a.waitForMessage(({ rcpts }) => rcpts[0] !== 'admin@example.com');
      // It dies before the message each time: what is lost after it may be there (A10).
      a.script = { greeting: drop(), mail: drop() };
      const second = await queueMails(app, 300, 'second');
      await allSent(app, 20_000);
      expect(b.messages.length).toBeGreaterThanOrEqual(second.length);
      const { body } = await app.http.get('/admin/smtp-accounts/environment', { token });
      expect(body.health).toMatchObject({ status: 'paused', retryAt: expect.any(String) });

      const before = a.messages.length;
      a.script = {};
      await eventually(
        () => queueMails(app, 5, `third-${performance.now()}-`),
        () => a.messages.length > before,
        20_000,
      );
      const all = await allSent(app, 20_000);
      expect(all.filter(({ status }) => status !== 'sent')).toEqual([]);
      const ids = messageIds(a, b);
      expect(ids).toHaveLength(all.length - 1);
      expect(new Set(ids).size).toBe(ids.length);

      const settled = await queueMails(app, 5, 'settled');
      await allSent(app);
      expect(a.messages.flatMap(({ rcpts }) => rcpts)).toEqual(expect.arrayContaining(settled));
    } finally {
      await app.close();
    }
  }, 90_000);

  it('A28: each account sends in its own name, and the timeline tells of both', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      a.script = { greeting: reply(554, 'no service') };
      a.dropConnections();
      await queueMails(app, 1, 'ada');
      const { from, raw } = await b.waitForMessage();
      expect(from).toBe('no-reply@b.example');
      expect(raw.toString()).toMatch(/^From: Bee <no-reply@b\.example>/m);
      expect(await allSent(app)).toContainEqual(
        expect.objectContaining({ to: 'ada0@example.com', account: 'b', attempts: 1 }),
      );
      const list = await app.http.get('/admin/mails?to=ada0@example.com', { token });
      const { body } = await app.http.get(`/admin/mails/${list.body.items[0].id}`, { token });
      expect(body.timeline).toMatchObject([
        { account: 'environment', outcome: 'account-failed', stage: 'greeting', replyCode: 554 },
        { account: 'b', outcome: 'accepted' },
      ]);
      expect(raw.toString()).toContain(body.messageId);
    } finally {
      await app.close();
    }
  });

  it('leave everything to the first as long as it works', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      // One commit each: a mail may come at any moment of a claim.
      for (let i = 0; i < 150; i += 1) await queueMails(app, 1, `ada${i}-`);
      await allSent(app);
      expect([a.messages.length, b.messages.length]).toEqual([151, 0]);
    } finally {
      await app.close();
    }
  });

  it('A10: what was handed over to A goes to nobody else', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      let drops = 0;
      a.script = { dot: () => (drops++ === 0 ? drop() : undefined) };
      await queueMails(app, 1, 'ada');
      await allSent(app);
      expect(b.messages).toEqual([]);
      expect(messageIds(a)).toHaveLength(1);
      expect(drops).toBe(2);
    } finally {
      await app.close();
    }
  });

  it('A10: what A may have waits for A, however long it is away, while others go by B', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      let isDown = false;
      const die = () => {
        isDown = true;
        return drop();
      };
      a.script = {
        dot: () => (isDown ? undefined : die()),
        greeting: () => (isDown ? drop() : undefined),
      };
      await queueMails(app, 1, 'ada');
      const tried = (times: number) =>
        eventually(
          () => mailsOf(app),
          (mails) =>
            mails.some(({ to, attempts }) => to === 'ada0@example.com' && attempts >= times),
        );
      await tried(2);
      const others = await queueMails(app, 5, 'other');
      await eventually(
        () => b.messages.length,
        (count) => count === others.length,
      );
      // A is left alone by now, so it is claimed for B from the start.
      for (const times of [3, 4]) {
        await app.clock.advance('1 minute');
        await tried(times);
      }
      expect(b.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(others.toSorted());
      const list = await app.http.get('/admin/mails?to=ada0@example.com', { token });
      expect(list.body.items[0].lastError).toContain('It waits for that account');
      a.script = {};
      await eventually(
        async () => {
          await app.clock.advance('1 minute');
          await sleep(1_000);
          return messageIds(a);
        },
        (ids) => ids.length > 0,
        60_000,
      );
      await allSent(app);
      expect(b.messages).toHaveLength(others.length);
      expect(messageIds(a)).toHaveLength(1);
    } finally {
      await app.close();
    }
  }, 120_000);

  it('A17: a mail goes back to the server that asked it to come back', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer({ script: { rcpt: greylist(1_000) } });
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      let isDown = true;
      a.script = { greeting: () => (isDown ? drop() : undefined) };
      a.dropConnections();
      await queueMails(app, 1, 'ada');
      await eventually(
        () => mailsOf(app),
        (mails) => mails.some(({ error }) => error?.includes('greylisted') === true),
      );
      isDown = false;
      await allSent(app);
      expect(b.messages.flatMap(({ rcpts }) => rcpts)).toEqual(['ada0@example.com']);
    } finally {
      await app.close();
    }
  });

  it('A17: and by another one while other workers have all of its connections', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer({ script: { rcpt: greylist(1_000) } });
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      let isDown = true;
      a.script = { greeting: () => (isDown ? drop() : undefined) };
      a.dropConnections();
      await queueMails(app, 1, 'ada');
      await eventually(
        () => mailsOf(app),
        (mails) => mails.some(({ error }) => error?.includes('greylisted') === true),
      );
      b.dropConnections();
      await sql`
        insert into smtp_connection_slots (account_id, number, holder, held_until)
        select id::text, number, gen_random_uuid(), now() + interval '80 seconds'
        from smtp_accounts, generate_series(1, 5) as number
        on conflict (account_id, number) do update
        set holder = excluded.holder, held_until = excluded.held_until`.execute(app.db);
      isDown = false;
      await allSent(app, 30_000);
      expect(a.messages.flatMap(({ rcpts }) => rcpts)).toContain('ada0@example.com');
    } finally {
      await app.close();
    }
  }, 60_000);

  it('A33: a mail goes by the next later where the database fails it at that moment', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b, { maxPerMinute: 100 });
      // The database refuses to let it go by the other account; a sequence remembers it.
      await sql`create sequence refused`.execute(app.db);
      await sql`
        create function refuse() returns trigger language plpgsql as $$
          begin raise 'no, %', nextval('refused'); end
        $$`.execute(app.db);
      await sql`
        create trigger refusal before update on outbox for each row
        when (old.status = 'sending' and new.status = 'sending') execute function refuse()
      `.execute(app.db);
      a.script = { greeting: reply(554, 'no service') };
      a.dropConnections();
      await queueMails(app, 1, 'ada');
      const { rows } = await eventually(
        () => sql`select from refused where is_called`.execute(app.db),
        (answer) => answer.rows.length > 0,
      );
      expect(rows).toHaveLength(1);
      await sql`drop trigger refusal on outbox`.execute(app.db);
      await allSent(app, 30_000);
      expect(b.messages.flatMap(({ rcpts }) => rcpts)).toContain('ada0@example.com');
    } finally {
      await app.close();
    }
  }, 60_000);

  it('G06: what is beyond the limit of one account goes by the next', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a, { SMTP_MAX_PER_MINUTE: '4' });
    try {
      await addB(app, token, b);
      await queueMails(app, 10, 'ada');
      await allSent(app);
      expect([a.messages.length, b.messages.length]).toEqual([4, 7]);
      const { text } = await app.http.get('/metrics');
      expect(text).toContain('gatepost_smtp_account_sent{account="b",window="minute"} 7');
      expect(text).toContain(
        'gatepost_smtp_account_limit{account="environment",window="minute"} 4',
      );
    } finally {
      await app.close();
    }
  });
});

describe('an account whose provider takes no more for today', () => {
  it('G06: is left alone, although the code says that the message is refused; all goes by the next', async () => {
    await using a = await startSmtpServer();
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a);
    try {
      await addB(app, token, b);
      const quota = '5.2.0 STOREDRV.Submission.Exception:SubmissionQuotaExceededException';
      a.script = { dot: reply(554, quota) };
      const people = await queueMails(app, 40, 'ada');
      const mails = await allSent(app);
      expect(mails.every(({ status }) => status === 'sent')).toBe(true);
      expect(b.messages.flatMap(({ rcpts }) => rcpts).toSorted()).toEqual(people.toSorted());
      // Those that were under way when the first was refused; not one for each mail.
      expect(a.messages.length).toBeLessThan(people.length);
      const { body } = await app.http.get('/admin/smtp-accounts/environment', { token });
      expect(body.health).toMatchObject({ breaker: expect.stringMatching(/open/) });
    } finally {
      await app.close();
    }
  });
});

describe('an account that refuses to sign in', () => {
  it('A21: is left alone after one try; the mails go by the other account', async () => {
    await using a = await startSmtpServer({ auth: signIn });
    await using b = await startSmtpServer();
    const { app, token } = await startWith(a, credentials);
    try {
      await addB(app, token, b);
      a.script = { auth: reply(535, '5.7.8 revoked') };
      a.dropConnections();
      const before = authTries(a);
      for (let i = 0; i < 10; i += 1) await queueMails(app, 5, `round${i}-`);
      await allSent(app);
      // As many as were opening at the same moment; not one for each mail.
      expect(authTries(a) - before).toBeLessThanOrEqual(5);
      expect(b.messages).toHaveLength(50);
    } finally {
      await app.close();
    }
  });

  it('A21: is left alone although there is no other; the mails wait and arrive', async () => {
    await using a = await startSmtpServer({ auth: signIn });
    const { app, token } = await startWith(a, credentials);
    try {
      a.script = { auth: reply(535, '5.7.8 revoked') };
      a.dropConnections();
      const before = authTries(a);
      await queueMails(app, 20, 'ada');
      await eventually(
        () => mailsOf(app),
        (mails) => mails.some(({ error }) => error?.includes('revoked') === true),
      );
      await new Promise((resolve) => setTimeout(resolve, 3_000));
      expect(authTries(a) - before).toBeLessThanOrEqual(5);
      const waiting = (await mailsOf(app)).filter(({ status }) => status !== 'sent');
      expect(waiting).toHaveLength(20);
      expect(Math.max(...waiting.map(({ attempts }) => attempts))).toBe(1);
      expect((await app.http.get('/health/ready')).body.checks.mail).toBe('failing');
      const { body } = await app.http.get('/admin/smtp-accounts/environment', { token });
      expect(body.health).toMatchObject({ breaker: 'open', lastFailure: expect.any(String) });
      const up = async () => (await app.http.get('/metrics')).text;
      expect(await up()).toContain('gatepost_smtp_account_up{account="environment"} 0');
      a.script = {};
      await allSent(app, 25_000);
      expect(await up()).toContain('gatepost_smtp_account_up{account="environment"} 1');
      expect(messageIds(a)).toHaveLength(20);
    } finally {
      await app.close();
    }
  }, 60_000);

  it('A21: is tried again by signing in, not over a connection from before', async () => {
    await using a = await startSmtpServer({ auth: signIn });
    const { app } = await startWith(a, credentials);
    try {
      // The connection of the first mail has work, and stays open longer than the first pause takes.
      a.script = { auth: reply(535, '5.7.8 revoked'), dot: delay(2_000) };
      const before = authTries(a);
      await queueMails(app, 20, 'ada');
      await eventually(
        () => mailsOf(app),
        (mails) => mails.some(({ error }) => error?.includes('revoked') === true),
      );
      const first = authTries(a) - before;
      expect(first).toBeLessThanOrEqual(4);
      await eventually(
        async () => {
          await queueMails(app, 1, `later${performance.now()}-`);
          return authTries(a) - before;
        },
        (tries) => tries > first,
        15_000,
      );
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      expect(authTries(a) - before).toBe(first + 1);
    } finally {
      await app.close();
    }
  }, 40_000);

  it('A29: lets what expires meanwhile end in time, and its secret with it', async () => {
    await using a = await startSmtpServer({ auth: signIn });
    const { app } = await startWith(a, credentials);
    try {
      a.script = { auth: reply(535, '5.7.8 revoked') };
      a.dropConnections();
      await queueMails(app, 5, 'ada');
      await eventually(
        () => mailsOf(app),
        (mails) => mails.some(({ error }) => error?.includes('revoked') === true),
      );
      await sql`update smtp_account_health set paused_until = now() + interval '15 minutes'`.execute(
        app.db,
      );
      await sql`select pg_notify('gatepost_smtp_health', '')`.execute(app.db);
      await sql`update outbox set expires_at = now() where status in ('queued', 'sending')`.execute(
        app.db,
      );
      const waiting = await eventually(
        () =>
          app.db
            .selectFrom('outbox')
            .select('to_address')
            .where('variables', 'is not', null)
            .execute(),
        (mails) => mails.length === 0,
        30_000,
      );
      expect(waiting).toEqual([]);
    } finally {
      await app.close();
    }
  }, 60_000);

  it('A22: is no reason to leave it alone when the refusal is a temporary one', async () => {
    await using a = await startSmtpServer({ auth: signIn });
    const { app } = await startWith(a, credentials);
    try {
      let refusals = 2;
      a.script = { auth: () => (refusals-- > 0 ? reply(454, '4.7.0 try later') : undefined) };
      a.dropConnections();
      await queueMails(app, 1, 'ada');
      const mails = await allSent(app, 20_000);
      expect(mails.every(({ status }) => status === 'sent')).toBe(true);
      expect((await app.http.get('/health/ready')).body.checks.mail).toBe('ok');
    } finally {
      await app.close();
    }
  });
});
