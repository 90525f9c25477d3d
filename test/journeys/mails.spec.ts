import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { firstAdmin, member, PASSWORD, tokenIn } from '../harness/people.js';
import { reply, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

/** The text part of a mail, its quoted-printable soft line ends undone. */
const textOf = (server: SmtpServer, to: string) =>
  server.messages
    .findLast(({ rcpts }) => rcpts.includes(to))!
    .raw.toString()
    .replaceAll('=\r\n', '');

/** The first admin, whose mails went to a server of our own. */
async function adminToken(app: TestApp, server: SmtpServer): Promise<string> {
  await server.waitForMessage(({ rcpts }) => rcpts.includes('root@acme.test'), 10_000);
  const link = /http\S+\/link\/invitation\?token=(?:3D)?[\w-]+/.exec(
    textOf(server, 'root@acme.test').replaceAll('=3D', '='),
  )![0];
  const { body } = await app.http.post('/invitations/accept', {
    token: tokenIn([link]),
    password: PASSWORD,
  });
  return body.accessToken;
}

describe('the mails, as operators see them', () => {
  let server: SmtpServer;
  let app: TestApp;
  let token: string;

  beforeAll(async () => {
    server = await startSmtpServer();
    app = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'no-reply@acme.test',
      FIRST_ADMIN_EMAIL: 'root@acme.test',
    });
    token = await adminToken(app, server);
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });
  beforeEach(() => {
    server.script = {};
  });

  const register = (email: string) =>
    app.http.post('/auth/register', { email, password: PASSWORD });
  const mailTo = (to: string, status: string) =>
    eventually(
      async () => (await app.http.get(`/admin/mails?to=${to}`, { token })).body.items[0],
      (mail) => mail?.status === status,
    );

  it('are listed with what became of them', async () => {
    await register('ada@example.com');
    expect(await mailTo('ada@example.com', 'sent')).toEqual({
      id: expect.any(String),
      kind: 'verification-code',
      to: 'ada@example.com',
      locale: 'en',
      status: 'sent',
      attempts: 1,
      account: 'environment',
      createdAt: expect.stringMatching(/Z$/),
      nextAttemptAt: null,
      sentAt: expect.stringMatching(/Z$/),
      expiresAt: expect.stringMatching(/Z$/),
      lastError: null,
    });
  });

  it('C21: show their timeline with the conversation, and never the code', async () => {
    const { id } = await mailTo('ada@example.com', 'sent');
    const { body, text } = await app.http.get(`/admin/mails/${id}`, { token });
    expect(body.messageId).toMatch(/^<[\w-]+@localhost>$/);
    expect(body.timeline).toEqual([
      expect.objectContaining({
        account: 'environment',
        stage: 'dot',
        outcome: 'accepted',
        replyCode: 250,
        durationMs: expect.any(Number),
      }),
    ]);
    expect(body.timeline[0].transcript).toContain('C: RCPT TO:<ada@example.com>');
    const code = /^ {4}(\d{6})\r$/m.exec(textOf(server, 'ada@example.com'))![1]!;
    expect(text).not.toContain(code);
  });

  it('can be retried once the cause of a failure is mended', async () => {
    server.script = { rcpt: reply(550, '5.1.1 No such user') };
    await register('grace@example.com');
    const failed = await mailTo('grace@example.com', 'failed');
    expect(failed.lastError).toContain('5.1.1');
    server.script = {};
    const retried = await app.http.post(`/admin/mails/${failed.id}/retry`, undefined, { token });
    expect(retried.status).toBe(202);
    expect((await mailTo('grace@example.com', 'sent')).attempts).toBe(2);
    const again = await app.http.post(`/admin/mails/${failed.id}/retry`, undefined, { token });
    expect(again).toMatchObject({ status: 409, body: { code: 'mail-not-retryable' } });
  });

  it('can not be sent again once their code is used, whatever became of them', async () => {
    await register('barbara@example.com');
    const { id } = await mailTo('barbara@example.com', 'sent');
    const retry = () => app.http.post(`/admin/mails/${id}/retry`, undefined, { token });
    expect((await retry()).body.code).toBe('mail-not-retryable');
    const code = /^ {4}(\d{6})\r$/m.exec(textOf(server, 'barbara@example.com'))![1]!;
    const verified = await app.http.post('/auth/verification', {
      email: 'barbara@example.com',
      code,
    });
    expect(verified.status).toBe(200);
    expect(await retry()).toMatchObject({ status: 409, body: { code: 'spent-secret' } });
  });

  it('can be cancelled while they wait, and then carry no secret any more', async () => {
    server.script = { rcpt: reply(450, '4.7.1 Greylisted') };
    await register('edsger@example.com');
    const waiting = await eventually(
      async () =>
        (await app.http.get('/admin/mails?to=edsger@example.com', { token })).body.items[0],
      (mail) => mail?.attempts === 1 && mail.status === 'queued',
    );
    expect(waiting.lastError).toContain('4.7.1');
    const cancelled = await app.http.post(`/admin/mails/${waiting.id}/cancel`, undefined, {
      token,
    });
    expect(cancelled).toMatchObject({ status: 202, body: { status: 'cancelled' } });
    const retried = await app.http.post(`/admin/mails/${waiting.id}/retry`, undefined, { token });
    expect(retried).toMatchObject({ status: 409, body: { code: 'spent-secret' } });
    const twice = await app.http.post(`/admin/mails/${waiting.id}/cancel`, undefined, { token });
    expect(twice).toMatchObject({ status: 409, body: { code: 'mail-not-cancellable' } });
  });

  it('are paged, filtered, and for admins only', async () => {
    const seen = [];
    let path = '/admin/mails?limit=2';
    for (;;) {
      const { body } = await app.http.get(path, { token });
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (!body.nextCursor) break;
      path = `/admin/mails?limit=2&cursor=${body.nextCursor}`;
    }
    expect(new Set(seen).size).toBe(seen.length);
    expect(seen.length).toBeGreaterThanOrEqual(4);
    const sent = await app.http.get('/admin/mails?status=sent&kind=invitation', { token });
    expect(sent.body.items.map(({ to }: { to: string }) => to)).toEqual(['root@acme.test']);
    expect((await app.http.get('/admin/mails?status=lost', { token })).status).toBe(400);
    expect((await app.http.get('/admin/mails')).status).toBe(401);
    expect(
      (await app.http.get('/admin/mails/00000000-0000-4000-8000-000000000000', { token })).status,
    ).toBe(404);
  });

  it('are counted in the metrics', async () => {
    const { text, headers } = await app.http.get('/metrics');
    expect(headers.get('content-type')).toContain('text/plain');
    expect(text).toMatch(
      /gatepost_mail_attempts_total\{kind="verification-code",outcome="accepted"\} \d/,
    );
    expect(text).toMatch(
      /gatepost_smtp_errors_total\{account="environment",stage="rcpt",outcome="deferred"\} 1/,
    );
    expect(text).toMatch(/gatepost_mail_queue\{status="queued"\} 0/);
    // Those that have ended are no queue: a 0 for them would say that none has failed.
    const waiting = [...text.matchAll(/^gatepost_mail_queue\{status="(\w+)"\} \d/gm)];
    expect(waiting.map(([, status]) => status)).toEqual(['queued', 'sending', 'held']);
    expect(text).toMatch(/gatepost_mail_seconds_to_accepted_count\{kind="verification-code"\} \d/);
  });
});

describe('mail that is not to leave', () => {
  it('MAIL_ALLOW_TO: is held for every other recipient', async () => {
    const app = await startApp({ MAIL_ALLOW_TO: 'admin@example.com,@acme.test' });
    try {
      const { accessToken: token } = await firstAdmin(app);
      await member(app, 'ada@acme.test');
      await app.http.post('/auth/register', { email: 'stranger@example.com', password: PASSWORD });
      const { body } = await app.http.get('/admin/mails?to=stranger@example.com', { token });
      expect(body.items).toMatchObject([{ status: 'held', attempts: 0 }]);
      // Not by another try either, nor would one that was queued before.
      const { id } = body.items[0];
      await app.http.post(`/admin/mails/${id}/retry`, undefined, { token });
      const tried = await eventually(
        () => app.http.get(`/admin/mails/${id}`, { token }),
        (mail) => mail.body.attempts > 0 && mail.body.status !== 'sending',
      );
      expect(tried.body).toMatchObject({
        status: 'held',
        lastError: expect.stringContaining('MAIL_ALLOW_TO'),
      });
      expect(await app.inbox.mailsTo('stranger@example.com')).toEqual([]);
    } finally {
      await app.close();
    }
  });

  it('MAIL_REDIRECT_TO: goes to that one address and says whom it was for', async () => {
    const app = await startApp({ MAIL_REDIRECT_TO: 'staging@acme.test' });
    try {
      await app.http.post('/auth/register', { email: 'ada@example.com', password: PASSWORD });
      const mails = await eventually(
        () => app.inbox.mailsTo('staging@acme.test'),
        (all) => all.some(({ subject }) => subject.includes('[to ada@example.com]')),
      );
      const mail = mails.find(({ subject }) => subject.includes('[to ada@example.com]'));
      expect(mail?.headers).toMatchObject({ 'x-original-to': 'ada@example.com' });
    } finally {
      await app.close();
    }
  });

  it('SKIP_USER_VERIFICATION: is recorded as skipped, and accounts are open at once', async () => {
    const app = await startApp({ SKIP_USER_VERIFICATION: 'true' });
    try {
      const registered = await app.http.post('/auth/register', {
        email: 'ada@example.com',
        password: PASSWORD,
      });
      expect(registered).toMatchObject({
        status: 202,
        body: { verification: { required: false } },
      });
      const login = await app.http.post('/auth/login', {
        email: 'ada@example.com',
        password: PASSWORD,
      });
      expect(login.status).toBe(200);
      const ready = await app.http.get('/health/ready');
      expect(ready.body.checks).toMatchObject({ mail: 'skipped', userVerification: 'skipped' });
    } finally {
      await app.close();
    }
  });
});
