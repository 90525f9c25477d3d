import { inFieldNames } from '#mailer-config';
import { AccountCheckups } from '#smtp-account';
import { startApp, type TestApp } from '../harness/app.js';
import { EXPIRED } from '../harness/certificates.js';
import { Laboratory } from '../harness/doctor.js';
import { eventually } from '../harness/eventually.js';
import type { Answer } from '../harness/http-client.js';
import { firstAdmin, PASSWORD } from '../harness/people.js';
import {
  drop,
  reply,
  type Script,
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
  testAuthority,
} from '../harness/smtp-server.js';

/** What the doctor and a mail say of the same fault. */
describe('A mail that can not be delivered', () => {
  let app: TestApp;
  let token: string;
  let server: SmtpServer;
  let accountId: string;

  beforeAll(async () => {
    app = await startApp({ SMTP_ALLOW_PRIVATE_HOSTS: 'true' });
    token = (await firstAdmin(app)).accessToken;
    server = await startSmtpServer({ auth: { user: 'ada', pass: 'right', inClear: true } });
    const { body } = await app.http.post(
      '/admin/smtp-accounts',
      {
        name: 'relay',
        host: server.host,
        port: server.port,
        sender: 'no-reply@acme.example',
        username: 'ada',
        password: 'right',
        requireTls: false,
        allowPlaintextAuth: true,
      },
      { token },
    );
    accountId = body.id;
    await app.http.post(`/admin/smtp-accounts/${accountId}/default`, undefined, { token });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  let number = 0;
  /** A mail to somebody new, after its first try. */
  async function tried(script: Script): Promise<any> {
    server.script = script;
    const email = `person${(number += 1)}@example.com`;
    await app.http.post('/auth/register', { email, password: PASSWORD });
    const { body } = await eventually(
      () => app.http.get(`/admin/mails?to=${email}`, { token }),
      ({ body: { items } }) => items[0]?.lastError,
    );
    return (await app.http.get(`/admin/mails/${body.items[0].id}`, { token })).body;
  }

  it('says who does not know the recipient, without naming whom in the sentence', async () => {
    const { status, lastError, timeline, to } = await tried({
      rcpt: reply(550, '5.1.1 no such user'),
    });
    expect(status).toBe('failed');
    expect(timeline).toMatchObject([{ code: 'RECIPIENT_UNKNOWN', sentence: lastError }]);
    expect(lastError).toBe(
      `${server.host} does not know the recipient (550 5.1.1 no such user). Correct the address of the recipient. The mail is not tried again.`,
    );
    expect(lastError).not.toContain(to);
  });

  it('says that a server puts off who is new, and that it comes back', async () => {
    const { status, lastError, timeline } = await tried({
      rcpt: reply(450, '4.2.0 Greylisted, try again in 5 minutes'),
    });
    expect(status).toBe('queued');
    expect(timeline.at(-1)).toMatchObject({ code: 'GREYLISTED', sentence: lastError });
    expect(lastError).toMatch(/^127\.0\.0\.1 puts off .* It is tried again later\.$/);
  });

  it('keeps the words of the wire where the doctor has no better ones', async () => {
    const { lastError, timeline } = await tried({ dot: reply(554, 'Foo bar') });
    expect(timeline.at(-1).sentence).toBe(lastError);
    expect(timeline.at(-1).code).toBeNull();
    expect(lastError).toContain('554 Foo bar');
  });

  it('says of a refused sign-in what the doctor says of it, in the words of the API', async () => {
    server.script = { auth: reply(535, '5.7.8 authentication failed') };
    await app.http.patch(`/admin/smtp-accounts/${accountId}`, { maxConnections: 2 }, { token });
    const { timeline, lastError } = await tried(server.script);
    const { body: report } = await app.http.post('/admin/doctor', { accountId }, { token });
    const [{ code, title }] = report.findings;
    expect(code).toBe('AUTH_BAD_CREDENTIALS');
    expect(timeline.at(-1)).toMatchObject({ code, sentence: lastError });
    expect(lastError).toContain(title);
    expect(lastError).not.toContain('SMTP_');
    const { body: account } = await app.http.get(`/admin/smtp-accounts/${accountId}`, { token });
    expect(account.health.lastFailure).toBe(lastError);
    expect(account.health.doctor).toMatchObject({ code, at: expect.any(String) });
    expect(account.health.doctor.title).toBe(title);
  });
});

/** Settings as the API has them, and what they meet. */
type Case = readonly [
  how: string,
  code: string,
  meet: (lab: Laboratory) => Promise<{ port: number } & Record<string, unknown>>,
];

const meeting =
  (options: SmtpServerOptions, more: Record<string, unknown> = {}) =>
  async (lab: Laboratory) => ({ port: (await lab.smtp(options)).port, ...more });

const certificateFor = (name: string, more: object = {}) => testAuthority().issue([name], more);

const ways: readonly Case[] = [
  [
    'nobody listens',
    'CONNECTION_REFUSED_LOOPBACK',
    async (lab) => ({ port: await lab.deadPort() }),
  ],
  [
    'the certificate has expired',
    'CERT_EXPIRED',
    meeting({ tls: 'starttls', certificate: certificateFor('localhost', EXPIRED) }),
  ],
  [
    'the certificate is for another host',
    'CERT_WRONG_HOST',
    meeting({ tls: 'implicit', certificate: certificateFor('mx.acme.test') }, { tls: true }),
  ],
  [
    'STARTTLS is not offered',
    'STARTTLS_NOT_OFFERED',
    meeting({ tls: 'none' }, { requireTls: true }),
  ],
];

const speech: readonly Case[] = [
  [
    'TLS is begun where the server greets',
    'TLS_MODE_IMPLICIT_ON_PLAIN',
    meeting({ tls: 'starttls' }, { tls: true }),
  ],
  [
    'the server says nothing',
    'SILENT_SERVER',
    async (lab) => ({ port: await lab.listener(() => {}), timeoutGreeting: '300ms' }),
  ],
  [
    'a web server answers',
    'NOT_SMTP_HTTP',
    async (lab) => ({ port: await lab.speaker('HTTP/1.1 400 Bad Request\r\n\r\n') }),
  ],
  [
    'the server hangs up at the end of the message',
    'DATA_HANGUP',
    meeting({ tls: 'starttls', script: { dot: drop() } }),
  ],
];

// the doctor runs a few times a minute and process
describe.each([ways, speech])('A mail that does not come through', (...cases) => {
  let app: TestApp;
  let token: string;
  let admin: string;

  beforeAll(async () => {
    app = await startApp({ SMTP_ALLOW_PRIVATE_HOSTS: 'true' });
    const session = await firstAdmin(app);
    token = session.accessToken;
    admin = session.user.email;
  });
  afterAll(async () => await app.close());

  it.each(cases)('since %s says %s, as the doctor does', async (_how, code, meet) => {
    await using lab = new Laboratory();
    const given = await meet(lab);
    const { body: account } = await app.http.post(
      '/admin/smtp-accounts',
      {
        name: `relay-${given.port}`,
        host: 'localhost',
        sender: 'no-reply@acme.example',
        tlsCa: testAuthority().cert,
        ...given,
      },
      { token },
    );
    await app.http.post(`/admin/smtp-accounts/${account.id}/default`, undefined, { token });
    const email = `person${given.port}@example.com`;
    await app.http.post('/auth/register', { email, password: PASSWORD });
    const { body: list } = await eventually(
      () => app.http.get(`/admin/mails?to=${email}`, { token }),
      ({ body: { items } }) => items[0]?.lastError,
    );
    const [{ id, lastError }] = list.items;
    const { body: mail } = await app.http.get(`/admin/mails/${id}`, { token });
    expect(mail.timeline.at(-1)).toMatchObject({ code, sentence: lastError });
    expect(lastError).not.toContain('SMTP_');

    // nobody but the admin gets a test mail, and the end of a message shows only in one
    const order = { accountId: account.id, ...(code === 'DATA_HANGUP' && { to: admin }) };
    const { body: report } = await app.http.post('/admin/doctor', order, { token });
    const [finding] = report.findings;
    expect(finding.code).toBe(code);
    // what only his handshakes show (names, dates) the mail does not know
    const title = inFieldNames(finding.title)
      .replace(/ on \d{4}-\d\d-\d\d$/, '')
      .replace('mx.acme.test', 'other names');
    expect(lastError.slice(0, title.length)).toBe(title);
    const path = `/admin/smtp-accounts/${account.id}`;
    const { body: after } = await app.http.get(path, { token });
    expect(after.health.lastFailure).toBe(lastError);
    await app.http.post(`/admin/mails/${id}/cancel`, undefined, { token });
    expect((await app.http.delete(path, { token })).status).toBe(204);
  });
});

describe('At start, the doctor', () => {
  const opened: { close(): Promise<void> }[] = [];
  afterEach(async () => {
    for (const each of opened.splice(0).toReversed()) await each.close();
  });

  async function started(script: Script): Promise<{ server: SmtpServer; app: TestApp }> {
    const server = await startSmtpServer({ auth: { user: 'ada', pass: 'right', inClear: true } });
    opened.push(server);
    server.script = script;
    const app = await startApp({
      SMTP_HOST: server.host,
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'no-reply@acme.example',
      SMTP_USERNAME: 'ada',
      SMTP_PASSWORD: 'right',
      SMTP_REQUIRE_TLS: 'false',
      SMTP_CHECK_AT_START: 'true',
    });
    opened.push(app);
    return { server, app };
  }

  const readiness = (app: TestApp): Promise<Answer> =>
    eventually(
      () => app.http.get('/health/ready'),
      ({ body }) => body.checks.smtp.length > 0,
    );

  it('signs in once, sends nothing, and says that all is well', async () => {
    const { app, server } = await started({});
    const { status, body } = await readiness(app);
    expect(status).toBe(200);
    expect(body.checks.smtp).toEqual([{ account: 'environment', code: 'OK' }]);
    expect(server.connections).toHaveLength(1);
    expect(server.commands.filter((line) => line.startsWith('AUTH'))).toHaveLength(1);
    expect(server.commands.some((line) => line.startsWith('MAIL'))).toBe(false);
  });

  it('names what would keep mail from going, and the API is ready all the same', async () => {
    const { app } = await started({ auth: reply(535, '5.7.8 authentication failed') });
    const { status, body } = await readiness(app);
    expect(status).toBe(200);
    expect(body.checks.smtp).toEqual([{ account: 'environment', code: 'AUTH_BAD_CREDENTIALS' }]);
    expect(JSON.stringify(body)).not.toContain('ada');
    const checkups = app.server.app.get(AccountCheckups, { strict: false });
    const account = app.server.ground.account!;
    expect((await checkups.of([account])).get('environment')).toMatchObject({
      code: 'AUTH_BAD_CREDENTIALS',
      title: expect.stringContaining('refuses user name or password'),
    });
    // Of other settings nothing is known, and whoever has them looks; of these it is known.
    expect((await checkups.of([{ ...account, port: 1 }])).size).toBe(0);
    expect(await checkups.claim(account)).toBe(false);
    expect(await checkups.claim({ ...account, port: 1 })).toBe(true);
  });
});
