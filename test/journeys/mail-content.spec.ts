import PostalMime, { type Email } from 'postal-mime';
import { sql } from '#database';
import { startApp, type TestApp } from '../harness/app.js';
import { PASSWORD, tokenIn } from '../harness/people.js';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';

const TO = 'ada+news@example.com';

describe('what a mail is made of', () => {
  let server: SmtpServer;
  let app: TestApp;
  beforeAll(async () => {
    // No 8BITMIME, no SMTPUTF8, no PIPELINING: the least a server has.
    server = await startSmtpServer({ extensions: [] });
    app = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: '"Ärzte & Co" <post@acme.test>',
      SMTP_RETURN_PATH: 'bounces@acme.test',
      SMTP_REPLY_TO: 'help@acme.test',
      SMTP_FOOTER: 'Acme GmbH, Torstraße 1, Berlin',
      ADMIN_WEB_URL: 'https://accounts.acme.test/id',
      APP_NAME: 'Acme',
    });
  });
  afterAll(async () => {
    await app.close();
    await server.close();
  });

  /** The next mail after what `cause` does, as it was on the wire and as a reader shows it. */
  async function mailAfter(cause: () => Promise<unknown>): Promise<{ raw: Buffer; email: Email }> {
    const before = server.messages.length;
    await cause();
    const { raw } = await server.waitForMessage(
      (message) => server.messages.indexOf(message) >= before,
      10_000,
    );
    return { raw, email: await PostalMime.parse(raw) };
  }
  const header = (email: Email, name: string) =>
    email.headers.filter(({ key }) => key === name).map(({ value }) => value);

  it('B29, B30: has the sender of the settings, the stored recipient, and headers that stop robots', async () => {
    const { email } = await mailAfter(() =>
      app.http.post('/auth/register', {
        email: 'Ada+News@EXAMPLE.com',
        password: PASSWORD,
        locale: 'ko',
      }),
    );
    expect(server.messages.at(-1)).toMatchObject({ from: 'bounces@acme.test', rcpts: [TO] });
    expect(email.from).toMatchObject({ name: 'Ärzte & Co', address: 'post@acme.test' });
    expect(email.to).toMatchObject([{ address: TO }]);
    expect(email.replyTo).toMatchObject([{ address: 'help@acme.test' }]);
    expect(email.subject).not.toMatch(/\d{6}|ada/i);
    expect(header(email, 'message-id')[0]).toMatch(/^<[\w-]+@accounts\.acme\.test>$/);
    expect(header(email, 'auto-submitted')).toEqual(['auto-generated']);
    expect(header(email, 'x-auto-response-suppress')).toEqual(['OOF, AutoReply, RN, NRN']);
    // There is no Korean yet, so it is English and says so; what was asked for is kept.
    expect(header(email, 'content-language')).toEqual(['en']);
    expect(header(email, 'x-mailer')).toEqual([]);
    const { rows } = await sql<{ locale: string }>`select locale from outbox`.execute(app.db);
    expect(rows).toEqual([{ locale: 'ko' }]);
  });

  it('B31, C25: is text and HTML with the same code, in 7 bits and lines that fit', async () => {
    const { raw } = server.messages.at(-1)!;
    const email = await PostalMime.parse(raw);
    expect(raw.toString('latin1')).toMatch(/^Content-Type: multipart\/alternative;/im);
    const code = /^ {4}(\d{6})$/m.exec(email.text!)![1]!;
    expect(email.html).toContain(code);
    expect([...raw].every((octet) => octet > 0 && octet < 0x80)).toBe(true);
    for (const line of raw.toString('latin1').split('\r\n'))
      expect(line.length).toBeLessThanOrEqual(998);
    expect(raw.toString('latin1')).not.toMatch(/\r(?!\n)|(?<!\r)\n/);
    expect(email.text).toContain('10 minutes');
    expect(email.text).toContain('Acme GmbH, Torstraße 1, Berlin');
    expect(email.html).toContain('Torstraße 1');
    expect(email.html!.length).toBeLessThan(30_000);
    const verified = await app.http.post('/auth/verification', { email: TO, code });
    expect(verified.status).toBe(200);
  });

  it('C11, C24: carries one link, the same in both parts, that works for an address with a +', async () => {
    const { email } = await mailAfter(() => app.http.post('/auth/password-reset', { email: TO }));
    const inText = /https:\S+/.exec(email.text!)![0];
    const inHtml = [...email.html!.matchAll(/href="([^"]+)"/g)].map(([, href]) =>
      href!.replaceAll('&amp;', '&'),
    );
    expect(new Set(inHtml)).toEqual(new Set([inText]));
    expect(inText).toMatch(
      /^https:\/\/accounts\.acme\.test\/id\/link\/reset-password\?token=[\w-]{22,}$/,
    );
    expect(email.text).toContain('60 minutes');
    const changed = await app.http.post('/auth/password-reset/confirm', {
      token: tokenIn([inText]),
      password: 'quite another long password',
    });
    expect(changed.status).toBe(204);
  });
});
