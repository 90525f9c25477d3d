import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { allSent, mailsOf, queueMails } from '../harness/mails.js';
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
