import { openDatabase } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { Clock } from '../harness/clock.js';
import { createTestDatabase, type TestDatabase } from '../harness/database.js';
import { eventually } from '../harness/eventually.js';
import { allSent, mailsOf, queueMails } from '../harness/mails.js';
import { GatepostProcess } from '../harness/process.js';
import { drop, type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';
import { grant, startTokenServer, type TokenServer } from '../harness/token-server.js';

const MAILBOX = 'noreply@acme.example';

describe('mail by an account with OAuth2', () => {
  let provider: TokenServer;
  /** Those that the mail server takes. */
  let tokens: Set<string>;
  let server: SmtpServer;
  let app: TestApp;

  beforeEach(async () => {
    provider = await startTokenServer();
    tokens = new Set(['access-1']);
    server = await startSmtpServer({
      auth: { user: MAILBOX, pass: '', methods: ['PLAIN', 'XOAUTH2'], required: true, tokens },
    });
    app = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_REQUIRE_TLS: 'false',
      SMTP_SENDER: MAILBOX,
      SMTP_USERNAME: MAILBOX,
      SMTP_OAUTH2_TOKEN_URL: provider.url,
      SMTP_OAUTH2_CLIENT_ID: 'the-client',
      SMTP_OAUTH2_CLIENT_SECRET: 'the-client-secret',
      SMTP_OAUTH2_SCOPE: 'mail/.default',
    });
  }, 60_000);
  afterEach(async () => {
    await app.close();
    await server.close();
    await provider[Symbol.asyncDispose]();
  });

  const sent = async () => {
    const left = (await allSent(app, 20_000)).filter(({ status }) => status !== 'sent');
    expect(left).toEqual([]);
  };

  it('A25: goes out over several connections by one token, which was asked for once', async () => {
    await queueMails(app, 40, 'first');
    await sent();
    expect(new Set(server.messages.map(({ user }) => user))).toEqual(new Set([MAILBOX]));
    expect(provider.calls).toHaveLength(1);
  }, 60_000);

  it('A24: goes out although the token was withdrawn: one forced request, one more try', async () => {
    await queueMails(app, 1, 'first');
    await sent();
    tokens.clear();
    tokens.add('access-2');
    // A connection that is signed in stays so; this server ends those there are.
    const old = server.connections.length;
    server.script.mail = ({ connection }) => (connection <= old ? drop() : undefined);
    await queueMails(app, 1, 'second');
    await sent();
    expect(provider.calls).toHaveLength(2);
  }, 60_000);

  it('A23: waits while the token endpoint is down, and goes out when it is back', async () => {
    provider.script = () => ({ status: 503 });
    await queueMails(app, 3, 'first');
    await eventually(
      () => provider.calls.length,
      (calls) => calls > 0,
    );
    for (const { status } of await mailsOf(app)) expect(['queued', 'sending']).toContain(status);
    tokens.clear();
    provider.script = (call, number, response) => {
      tokens.add(`access-${number}`);
      return grant(call, number, response);
    };
    await sent();
    expect(server.commands.join()).not.toContain('PLAIN');
  }, 60_000);
});

describe('a provider that replaces the refresh token', () => {
  it('A26: kill -9 while its answer comes: the next start says that consent is needed', async () => {
    await using provider = await startTokenServer();
    await using mailServer = await startSmtpServer({
      auth: { user: MAILBOX, pass: '', methods: ['XOAUTH2'], tokens: new Set() },
    });
    const database = await createTestDatabase();
    const env = {
      ...database.env,
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(mailServer.port),
      SMTP_REQUIRE_TLS: 'false',
      SMTP_SENDER: MAILBOX,
      SMTP_USERNAME: MAILBOX,
      SMTP_OAUTH2_TOKEN_URL: provider.url,
      SMTP_OAUTH2_CLIENT_ID: 'the-client',
      SMTP_OAUTH2_REFRESH_TOKEN: 'refresh-0',
      FIRST_ADMIN_EMAIL: 'admin@example.com',
    };
    try {
      // It has replaced the token, and its answer never arrives.
      provider.script = () => undefined;
      const killed = await GatepostProcess.serve(env);
      await eventually(
        () => provider.calls.length,
        (calls) => calls > 0,
        20_000,
      );
      await killed.stop('SIGKILL');
      // The mail, and the right to ask, were its own for a while.
      await timePasses(database, '10 minutes');

      provider.script = () => ({ status: 400, body: { error: 'invalid_grant' } });
      const next = await GatepostProcess.serve(env);
      const said = () => /needs consent and sends nothing until then[^\n]*/.exec(next.output)?.[0];
      // On PostgreSQL the worker that was killed is given half a minute to show life.
      const alert = await eventually(said, Boolean, 60_000);
      await next.stop();
      expect(alert).toContain('invalid_grant');
      expect(provider.calls).toHaveLength(2);
      expect(next.output).not.toContain('refresh-0');
    } finally {
      await database.drop();
    }
  }, 120_000);
});

async function timePasses(database: TestDatabase, interval: string): Promise<void> {
  const { DATA_DIR: dataDir, DATABASE_URL: databaseUrl } = database.env;
  const connection = await openDatabase({ dataDir, databaseUrl });
  await new Clock(connection.db).advance(interval);
  await connection.close();
}
