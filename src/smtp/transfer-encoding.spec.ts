import { createHash } from 'node:crypto';
import PostalMime from 'postal-mime';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { composeMessage } from './compose.js';

const account = accountFor({ port: 25, options: {}, ca: '' });

/** Of the text part and the HTML part. */
const encodingsOf = (raw: Buffer): (string | undefined)[] =>
  [...raw.toString('latin1').matchAll(/^Content-Transfer-Encoding: (\S+)\r$/gm)].map(
    ([, encoding]) => encoding,
  );

const delimiterOf = (messageId: string) =>
  `--=_-${createHash('sha256').update(messageId).digest('hex').slice(0, 24)}-Part_1`;

describe('the encoding of a part', () => {
  const long = 'x'.repeat(980);
  it.each([
    ['plain ASCII', 'hello\nworld\n', '7bit', '7bit'],
    ['a tab and a dot inside', 'a\t.b', '7bit', '7bit'],
    ['a line that every relay leaves whole', long, '7bit', '7bit'],
    ['a line that some relay breaks', `${long}x`, 'quoted-printable', 'quoted-printable'],
    ['a space at a line end', 'hello \nworld', 'quoted-printable', 'quoted-printable'],
    ['a tab at the very end', 'hello\t', 'quoted-printable', 'quoted-printable'],
    ['a dot at a line start', 'a\n.b', 'quoted-printable', 'quoted-printable'],
    ['a dot at the very start', '.', 'quoted-printable', 'quoted-printable'],
    ['"From " at a line start', 'a\r\nFrom Ada', 'quoted-printable', 'quoted-printable'],
    ['a control', 'a\u001b[2J', 'quoted-printable', 'quoted-printable'],
    ['a NUL', 'a\0', 'quoted-printable', 'quoted-printable'],
    ['few other characters', 'Ünal is on his way home', 'quoted-printable', '8bit'],
    ['mostly other characters', '確認コード', 'base64', '8bit'],
    ['others in a line that is too long', 'é'.repeat(491), 'base64', 'base64'],
    ['a line of others that is not', 'é'.repeat(490), 'base64', '8bit'],
    ['what a delimiter begins with', 'see --=_x', 'quoted-printable', 'quoted-printable'],
    ['a CR alone', 'a\rb', '7bit', '7bit'],
    ['a CR alone among others', '確認\rコード', 'base64', '8bit'],
    ['nothing', '', '7bit', '7bit'],
  ])('is right for %s', async (_name, content, seven, eight) => {
    for (const [allowed, encoding] of [
      [false, seven],
      [true, eight],
    ] as const) {
      const message = outgoing({ text: content, html: `${content}\n` });
      const { raw, eightBit } = composeMessage(account, message, allowed);
      expect(encodingsOf(raw)).toEqual([encoding, encoding]);
      expect(eightBit).toBe(encoding === '8bit');
      expect(eightBit).toBe(raw.some((octet) => octet >= 0x80));
      const { text, html } = await PostalMime.parse(raw);
      const lines = content.replace(/\r\n|\r/g, '\n');
      expect(text?.replaceAll('\r\n', '\n').replace(/\n$/, '')).toBe(lines);
      expect(html?.replaceAll('\r\n', '\n').replace(/\n\n?$/, '')).toBe(lines);
    }
  });

  it('is each part’s own', () => {
    for (const [parts, encodings] of [
      [{ html: '<p>é</p>' }, ['7bit', '8bit']],
      [{ text: 'é' }, ['8bit', '7bit']],
    ] as const) {
      const { raw, eightBit } = composeMessage(account, outgoing(parts), true);
      expect(encodingsOf(raw)).toEqual(encodings);
      expect(eightBit).toBe(true);
    }
  });

  it('keeps a part from ending where its text would like it to', async () => {
    const message = outgoing();
    const evil = `a\n${delimiterOf(message.messageId)}\nContent-Type: text/html\n\nb\n${delimiterOf(message.messageId)}--\nc`;
    const { raw } = composeMessage(account, { ...message, text: evil }, true);
    expect(raw.toString().split(delimiterOf(message.messageId))).toHaveLength(4);
    const parsed = await PostalMime.parse(raw);
    expect(parsed.text?.trimEnd()).toBe(evil);
    expect(parsed.html?.trimEnd()).toBe(message.html.trimEnd());
  });

  it('does not depend on what was composed before', () => {
    const messages = [
      outgoing(),
      outgoing({ text: 'é'.repeat(200_000), html: '漢'.repeat(90_000) }),
      outgoing({ text: 'e'.repeat(600_000) }),
      outgoing({ subject: 'é' }),
    ];
    const first = messages.map((message) => composeMessage(account, message, true));
    for (const [at, message] of [...messages.entries()].toReversed())
      expect(composeMessage(account, message, true).raw.equals(first[at]!.raw)).toBe(true);
  });
});
