import type { SmtpSettings } from '#mailer-config';
import type { OutgoingMessage } from './compose.js';
import { SmtpSender } from './smtp-sender.service.js';
import { accountFor, bearerSettings } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { type SmtpServer, startSmtpServer } from '../../test/harness/smtp-server.js';

// Where values enter they are judged; this is the last line, for what might get past that.
const USER = 'robot@example.com';
const TOKEN = 'a-good-token';
const timeouts = { connect: 5_000, greeting: 5_000, command: 5_000, data: 5_000 };
const BREAKS = ['\r\n', '\n', '\r', '\u2028', '\0\r\n'];
const EVIL = ['X-Evil: 1', 'RCPT TO:<evil@example.com>', '.\r\nMAIL FROM:<evil@example.com>'];

type Put = (text: string) => readonly [Partial<SmtpSettings>, Partial<OutgoingMessage>];

const ACCOUNT_FIELDS: Readonly<Record<string, Put>> = {
  'the sender’s name': (text) => [
    { sender: { name: `Gatepost${text}`, address: 'noreply@example.com' } },
    {},
  ],
  'the sender’s address': (text) => [
    { sender: { name: undefined, address: `noreply@example.com${text}` } },
    {},
  ],
  'the reply address': (text) => [{ replyTo: `help@example.com${text}` }, {}],
  'the return path': (text) => [{ returnPath: `bounces@example.com${text}` }, {}],
  'the copy': (text) => [{ bcc: `archive@example.com${text}` }, {}],
  'the read receipt': (text) => [{ readReceiptTo: `receipts@example.com${text}` }, {}],
  'the EHLO name': (text) => [{ ehloName: `app.example.com${text}` }, {}],
};

const MESSAGE_FIELDS: Readonly<Record<string, Put>> = {
  'the recipient': (text) => [{}, { to: `ada@example.org${text}` }],
  'the subject': (text) => [{}, { subject: `Hello${text}` }],
  'the Message-ID': (text) => [{}, { messageId: `<1@app.example.com>${text}` }],
  'the language': (text) => [{}, { locale: `en${text}` }],
  'the original recipient': (text) => [{}, { originalTo: `ada@example.org${text}` }],
};

async function wire(put: Put | undefined, text: string): Promise<SmtpServer> {
  await using server = await startSmtpServer();
  const sender = new SmtpSender();
  const [settings, message] = put?.(text) ?? [{}, {}];
  // a fault that we throw ourselves is as good as a verdict: nothing went out
  await sender
    .send(accountFor(server, { ...settings, timeouts }), outgoing(message))
    .catch(() => {});
  await sender.close();
  return server;
}

const verbsOf = ({ commands }: SmtpServer): string[] =>
  commands.map((line) => line.split(/[ :]/, 1)[0] ?? '');

/** Names only; a field more or less is the account's own doing. */
const headersOf = (server: SmtpServer): string[] =>
  server.messages.flatMap(({ raw }) => {
    const [head = ''] = raw.toString('latin1').split('\r\n\r\n', 1);
    return head.split(/\r\n(?![ \t])/).map((line) => line.split(':', 1)[0] ?? '');
  });

const OWN = new Set(['Reply-To', 'Disposition-Notification-To', 'X-Original-To']);

describe('B04: a line break gets into no command and makes no header', () => {
  let clean: SmtpServer;
  beforeAll(async () => (clean = await wire(undefined, '')));

  it.each(Object.entries({ ...ACCOUNT_FIELDS, ...MESSAGE_FIELDS }))('in %s', async (_name, put) => {
    for (const lineBreak of BREAKS)
      for (const evil of EVIL) {
        const server = await wire(put, `${lineBreak}${evil}`);
        expect(server.commands.filter((line) => line.startsWith('RCPT'))).not.toContainEqual(
          expect.stringContaining('evil'),
        );
        const expected = new Set([...verbsOf(clean), 'QUIT']);
        expect(verbsOf(server).filter((verb) => !expected.has(verb))).toEqual([]);
        expect(server.messages.length).toBeLessThanOrEqual(1);
        const headers = headersOf(server).filter((name) => !OWN.has(name));
        if (server.messages.length > 0) expect(headers).toEqual(headersOf(clean));
      }
  });

  it('in the user name or a token', async () => {
    for (const method of ['plain', 'xoauth2', 'oauthbearer'] as const) {
      await using server = await startSmtpServer({
        tls: 'starttls',
        auth: {
          user: USER,
          pass: 'right',
          methods: ['PLAIN', 'XOAUTH2', 'OAUTHBEARER'],
          tokens: new Set([TOKEN]),
        },
      });
      const sender = new SmtpSender({ accessToken: async () => `${TOKEN}\r\nRSET` });
      const username = `${USER}\r\nRSET`;
      const auth = { method, username, password: 'right\r\nRSET', oauth2: bearerSettings };
      const verdict = await sender.send(accountFor(server, { auth, timeouts }), outgoing());
      expect(verdict).toMatchObject({ outcome: 'account-failed', stage: 'auth' });
      expect(verbsOf(server)).not.toContain('RSET');
      await sender.close();
    }
  });
});
