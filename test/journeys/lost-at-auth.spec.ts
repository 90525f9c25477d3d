import { accountedFor } from '../harness/accounted.js';
import { startApp } from '../harness/app.js';
import { queueMails } from '../harness/mails.js';
import { drop, startSmtpServer } from '../harness/smtp-server.js';

it('A09: connections lost at the greeting, and one at AUTH, hold up no mail for minutes', async () => {
  const auth = { user: 'ada', pass: 'the right one', inClear: true };
  let greetings = 0;
  let signIns = 0;
  await using server = await startSmtpServer({
    auth,
    script: {
      greeting: () => (++greetings <= 3 ? drop() : undefined),
      auth: () => (++signIns <= 1 ? drop() : undefined),
    },
  });
  const app = await startApp({
    SMTP_HOST: '127.0.0.1',
    SMTP_PORT: String(server.port),
    SMTP_SENDER: 'Acme <no-reply@acme.example>',
    SMTP_USERNAME: auth.user,
    SMTP_PASSWORD: auth.pass,
    SMTP_REQUIRE_TLS: 'false',
    SMTP_MAX_CONNECTIONS: '1',
  });
  try {
    await queueMails(app, 1);
    expect((await accountedFor(app, server, undefined, 45_000)).ended).toEqual({ sent: 1 });
    expect(signIns).toBe(2);
  } finally {
    await app.close();
  }
}, 120_000);
