import { accountedFor } from '../harness/accounted.js';
import { startApp } from '../harness/app.js';
import { Ledger } from '../harness/ledger.js';
import { firstAdminVia } from '../harness/people.js';
import { startSmtpServer } from '../harness/smtp-server.js';

/** Ends of a message as one server or another has understood them (CVE-2023-51764 and its kin). */
const ENDS = [
  '\n.\n',
  '\n.\r\n',
  '\r.\r',
  '\r.\r\n',
  '\r\n.\r\n',
  '\r\n.\n',
  '\r\n\0.\r\n',
  '\n\r.\n',
];
const SECOND =
  'MAIL FROM:<eve@example.com>\r\nRCPT TO:<victim@example.com>\r\nDATA\r\nSubject: x\r\n';

const names = [
  ...ENDS.map((end) => `Ada${end}${SECOND}`),
  '.',
  '. .',
  '..',
  '.\u2028.',
  'Ada\u0085.\u0085MAIL FROM:<eve@example.com>',
  '=?utf-8?q?=0D=0A.=0D=0AMAIL_FROM:<eve@example.com>?=',
  'From me',
];

it.each([
  ['by DATA', ['PIPELINING']],
  ['in chunks', ['PIPELINING', 'CHUNKING', '8BITMIME']],
])(
  'B22, B30: what people call themselves ends no message and adds no recipient, %s',
  async (_how, extensions) => {
    await using server = await startSmtpServer({ extensions });
    const app = await startApp({
      SMTP_HOST: '127.0.0.1',
      SMTP_PORT: String(server.port),
      SMTP_SENDER: 'Acme <no-reply@acme.example>',
      FIRST_ADMIN_EMAIL: 'admin@example.com',
    });
    const ledger = new Ledger();
    try {
      const { accessToken: token } = await firstAdminVia(app, server);
      const statuses: number[] = [];
      for (const [n, name] of names.entries()) {
        const email = `person${n}@example.com`;
        const body = { email, role: 'member', name };
        const asked = app.http.post('/admin/invitations', body, { token });
        statuses.push((await ledger.note(email, 'invitation', asked)).status);
      }
      expect(statuses.filter((status) => status !== 201 && status !== 400)).toEqual([]);
      expect(statuses).toContain(201);
      expect(statuses).toContain(400);
      const { promised, mails } = await accountedFor(app, server, ledger);
      // One message each, and one for the admin.
      expect([server.messages.length, mails]).toEqual([promised + 1, promised + 1]);
      expect(server.commands.filter((line) => /eve@|victim@/.test(line))).toEqual([]);
      for (const { wire, by } of server.messages) {
        const text = wire.toString('latin1');
        expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n\0]/);
        if (by === 'data') expect(text.indexOf('\r\n.\r\n')).toBe(text.length - 5);
        for (const line of text.split('\r\n')) expect(line.length).toBeLessThanOrEqual(998);
      }
    } finally {
      await app.close();
    }
  },
  60_000,
);
