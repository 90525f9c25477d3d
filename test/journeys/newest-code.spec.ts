import { accountedFor } from '../harness/accounted.js';
import { startApp, type TestApp } from '../harness/app.js';
import { eventually } from '../harness/eventually.js';
import { Ledger } from '../harness/ledger.js';
import { mailsOf } from '../harness/mails.js';
import { PASSWORD } from '../harness/people.js';
import {
  andThen,
  garbage,
  reply,
  type SmtpServer,
  startSmtpServer,
} from '../harness/smtp-server.js';

const email = 'ada@example.com';
const codeIn = (raw: Buffer | undefined) => /^ {4}(\d{6})\r?$/m.exec(String(raw))?.[1];

describe('I8: of two codes only the newer one counts', () => {
  let server: SmtpServer;
  let app: TestApp;
  let ledger: Ledger;
  beforeEach(async () => {
    server = await startSmtpServer();
    ledger = new Ledger();
    app = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'Acme <no-reply@acme.example>',
    });
  });
  afterEach(async () => {
    await app.close();
    await server.close();
  });

  const register = (password = PASSWORD) =>
    ledger.note(email, 'verification-code', app.http.post('/auth/register', { email, password }));
  const resend = () =>
    ledger.note(email, 'verification-code', app.http.post('/auth/verification/resend', { email }));

  it('the older mail is cancelled while it waits, and is never sent', async () => {
    server.script = { rcpt: reply(450, '4.2.0 later') };
    await register();
    await eventually(
      () => mailsOf(app),
      // From here on it waits for some seconds.
      (mails) => mails.some(({ attempts, status }) => attempts === 2 && status === 'queued'),
    );
    // With the same password it would be the same code.
    expect((await register(`another ${PASSWORD}`)).status).toBe(202);
    server.script = {};
    const { ended } = await accountedFor(app, server, ledger);
    expect(ended).toEqual({ cancelled: 1, sent: 1 });
    const code = codeIn(server.messages.find(({ accepted }) => accepted)?.raw);
    expect((await app.http.post('/auth/verification', { email, code })).status).toBe(200);
  }, 60_000);

  it('the older mail that is under way when the newer comes is not tried again', async () => {
    const isAsked = Promise.withResolvers<void>();
    let isFirst = true;
    server.script = {
      rcpt: () => {
        if (!isFirst) return undefined;
        isFirst = false;
        // The person asks for another one while the server thinks about the first.
        return andThen(garbage(''), async () => {
          await isAsked.promise;
          return reply(450, '4.2.0 later');
        });
      },
    };
    await register();
    await eventually(
      () => server.commands.some((line) => line.startsWith('RCPT')),
      (isThere) => isThere,
    );
    expect((await register(`another ${PASSWORD}`)).status).toBe(202);
    isAsked.resolve();
    const { ended } = await accountedFor(app, server, ledger);
    expect(ended).toEqual({ cancelled: 1, sent: 1 });
  }, 60_000);

  it('the older code is refused after the newer one was sent', async () => {
    await register();
    const first = codeIn((await server.waitForMessage()).raw);
    await app.clock.advance('61 seconds');
    await resend();
    await eventually(
      () => server.messages.length,
      (count) => count === 2,
    );
    await accountedFor(app, server);
    const second = codeIn(server.messages[1]?.raw);
    const verify = (code: string | undefined) =>
      app.http.post('/auth/verification', { email, code });
    if (first !== second) expect((await verify(first)).status).not.toBe(200);
    expect((await verify(second)).status).toBe(200);
  }, 60_000);
});
