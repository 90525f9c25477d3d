import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { composeMessage } from './compose.js';
import { ComposeError } from './smtp.errors.js';

const place = { port: 25, options: {}, ca: '' };
const account = accountFor(place);

const headersOf = (raw: Buffer): string => raw.toString('latin1').split('\r\n\r\n', 1)[0] ?? '';

it('B29: is a mail with both parts and the headers of the contract', async () => {
  const { envelope, raw } = composeMessage(account, outgoing());
  expect(envelope).toEqual({ from: 'noreply@example.com', to: ['ada@example.org'] });
  expect(headersOf(raw).replace(/=_-\w+/, '=_-…')).toBe(
    [
      'From: Gatepost <noreply@example.com>',
      'To: ada@example.org',
      'Subject: Your code is 123456',
      'Message-ID: <0b6c1f0e@app.example.com>',
      'Date: Sun, 01 Mar 2026 09:30:00 +0000',
      'Content-Language: en',
      'Auto-Submitted: auto-generated',
      'X-Auto-Response-Suppress: OOF, AutoReply, RN, NRN',
      'MIME-Version: 1.0',
      'Content-Type: multipart/alternative;',
      ' boundary="=_-…-Part_1"',
    ].join('\r\n'),
  );
  const parsed = await PostalMime.parse(raw);
  expect(parsed.text?.trimEnd()).toBe(outgoing().text.trimEnd());
  expect(parsed.html?.trimEnd()).toBe(outgoing().html.trimEnd());
  expect(parsed.attachments).toEqual([]);
});

it('is the same, octet for octet, on each retry', () => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const dkim = {
    domain: 'example.com',
    selector: 's1',
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  };
  const signing = accountFor(place, { dkim });
  expect(composeMessage(signing, outgoing())).toEqual(composeMessage(signing, outgoing()));
  expect(composeMessage(signing, outgoing()).raw.toString()).toMatch(/^DKIM-Signature: v=1;/);
  const other = composeMessage(account, outgoing({ messageId: '<other@app.example.com>' }));
  expect(other.raw.equals(composeMessage(account, outgoing()).raw)).toBe(false);
});

it('carries what the account adds', () => {
  const { envelope, raw } = composeMessage(
    accountFor(place, {
      replyTo: 'help@example.com',
      returnPath: 'bounces@example.com',
      readReceiptTo: 'receipts@example.com',
      bcc: 'archive@example.com',
    }),
    outgoing(),
  );
  expect(envelope).toEqual({
    from: 'bounces@example.com',
    to: ['ada@example.org', 'archive@example.com'],
  });
  expect(headersOf(raw)).toMatch(/^Reply-To: help@example.com$/m);
  expect(headersOf(raw)).toMatch(/^Disposition-Notification-To: receipts@example.com$/m);
  expect(raw.toString()).not.toContain('archive@example.com');
});

it('names the original recipient when redirected, and copies nobody then', () => {
  const { envelope, raw } = composeMessage(
    accountFor(place, { bcc: 'archive@example.com' }),
    outgoing({ to: 'staging@example.com', originalTo: 'ada@example.org' }),
  );
  expect(envelope.to).toEqual(['staging@example.com']);
  expect(headersOf(raw)).toMatch(/^X-Original-To: ada@example.org$/m);
});

it.each([
  ['a live encoded word', '=?utf-8?q?=0D=0ABcc:_evil@example.com?='],
  ['a very long word', 'x'.repeat(2_000)],
  ['many words', 'word '.repeat(400).trim()],
  ['other scripts', 'Код подтверждения 確認コード 🔑'.repeat(20)],
  ['quotes and backslashes', String.raw`"quoted" \ back`],
])('shows the subject as given: %s', async (_name, subject) => {
  const { raw } = composeMessage(account, outgoing({ subject }));
  expect((await PostalMime.parse(raw)).subject).toBe(subject);
  for (const line of headersOf(raw).split('\r\n')) expect(line.length).toBeLessThanOrEqual(78);
});

it('makes nothing but a subject of line breaks in a subject', async () => {
  const { raw } = composeMessage(
    account,
    outgoing({ subject: 'Hello\r\nBcc: evil@example.com\u2028\u0000x' }),
  );
  const parsed = await PostalMime.parse(raw);
  expect(parsed.subject).toBe('Hello Bcc: evil@example.com x');
  expect(parsed.bcc).toBeUndefined();
});

it.each([
  'a@x.com,b@y.com',
  'a@x.com\r\nBcc: b@y.com',
  '"a@evil x"@good.com',
  'a@good.com(x)evil',
  'a b@x.com',
  '<a@x.com>',
  'ä@x.com',
  'a@bücher.de',
  'a@x\u2028b@y',
  'a',
  '',
])('refuses the recipient %j', (to) => {
  expect(() => composeMessage(account, outgoing({ to }))).toThrow(ComposeError);
});

it.each(['returnPath', 'bcc', 'replyTo', 'readReceiptTo'])(
  'blames the account for its own address: %s',
  (field) => {
    const unfit = accountFor(place, { [field]: 'nobody' });
    // no less the second time
    for (let time = 0; time < 2; time += 1)
      expect(() => composeMessage(unfit, outgoing())).toThrow(
        expect.objectContaining({ fault: 'account' }),
      );
  },
);

it('never mixes accounts up', () => {
  const one = accountFor(place, { replyTo: 'one@example.com' });
  const two = accountFor(place, { sender: { name: 'Two', address: 'two@example.com' } });
  for (let time = 0; time < 2; time += 1) {
    expect(headersOf(composeMessage(one, outgoing()).raw)).toContain('Reply-To: one@example.com');
    expect(headersOf(composeMessage(two, outgoing()).raw)).toContain('From: Two <two@example.com>');
    expect(headersOf(composeMessage(two, outgoing()).raw)).not.toContain('Reply-To');
  }
});

it('makes nothing but a Message-ID of whatever is in one', () => {
  const { raw } = composeMessage(
    account,
    outgoing({ messageId: '<a\r\nBcc: e@e.com>\u2028<é@b c>', locale: 'en\r\nX-Evil: 1' }),
  );
  expect(headersOf(raw)).toMatch(/^Message-ID: <aBcc:e@e\.com@bc>$/m);
  expect(headersOf(raw)).toMatch(/^Content-Language: en X-Evil: 1$/m);
});

it('B30, B31: is fit for the wire whatever it says, and says the same afterwards', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 400 });
  const lines = fc.array(text, { maxLength: 4 }).map((parts) => parts.join('\r\n.\r\n'));
  await fc.assert(
    fc.asyncProperty(text, lines, lines, text, async (subject, plain, html, name) => {
      const sender = { name, address: 'noreply@example.com' };
      const { envelope, raw } = composeMessage(
        accountFor(place, { sender }),
        outgoing({ subject, text: plain, html }),
      );
      expect(envelope.to).toEqual(['ada@example.org']);
      const octets = raw.toString('latin1');
      expect(octets).not.toMatch(/\P{ASCII}|\0|\r(?!\n)|(?<!\r)\n|[^\r\n]{999}/u);
      expect(headersOf(raw)).not.toMatch(/[^\r\n]{79}/);
      const parsed = await PostalMime.parse(raw);
      const said = (value: string) =>
        value
          .toWellFormed()
          .replace(/\r\n|\r|\n/g, '\n')
          .trimEnd();
      expect(said(parsed.text ?? '')).toBe(said(plain));
      expect(said(parsed.html ?? '')).toBe(said(html));
      expect(parsed.to).toEqual([{ name: '', address: 'ada@example.org' }]);
      expect(parsed.from?.address).toBe('noreply@example.com');
      expect(parsed.cc).toBeUndefined();
      expect(parsed.bcc).toBeUndefined();
    }),
    { numRuns: 300 },
  );
});
