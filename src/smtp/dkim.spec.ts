import { generateKeyPairSync } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import DKIM from 'nodemailer/lib/dkim';
import { dkimCovers, dkimHolds } from '../../test/harness/dkim-verifier.js';
import { accountFor } from '../../test/harness/smtp-account.js';
import { outgoing } from '../../test/harness/smtp-message.js';
import { composeMessage } from './compose.js';
import { dkimSignature } from './dkim.js';
import { ComposeError } from './smtp.errors.js';

const key = (type: 'rsa' | 'ec') =>
  (type === 'rsa'
    ? generateKeyPairSync('rsa', { modulusLength: 2048 })
    : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  ).privateKey
    .export({ type: 'pkcs8', format: 'pem' })
    .toString();

const privateKey = key('rsa');
const dkim = { domain: 'example.com', selector: 's1', privateKey };
const headers =
  'From: "A  B" <a@example.com>\r\nSubject: folded\r\n  twice\r\nTo: b@example.org\r\n';

it.each([
  ['plain', 'hello\r\n'],
  ['white space at line ends and inside', 'a \t b  \r\n\t\r\nc\t\r\n'],
  ['empty lines at the end', 'a\r\n\r\n\r\n'],
  ['a blank line of spaces at the end', 'a\r\n  \r\n'],
  ['no line end', 'a'],
  ['nothing', ''],
  ['nothing but empty lines', '\r\n \r\n'],
])('signs as nodemailer does: %s', async (_name, body) => {
  const signer = new DKIM({ domainName: dkim.domain, keySelector: dkim.selector, privateKey });
  const whole = await buffer(signer.sign(`${headers}\r\n${body}`));
  expect(`${dkimSignature(dkim, headers, body)}${headers}\r\n${body}`).toBe(whole.toString());
});

it.each([
  ['no key', 'not a key'],
  ['a key of another kind', key('ec')],
])('does not sign with %s', (_name, unfit) => {
  expect(() => dkimSignature({ ...dkim, privateKey: unfit }, headers, 'a\r\n')).toThrow(
    ComposeError,
  );
});

describe('the signature of a message', () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const signing = accountFor(
    { port: 25, options: {}, ca: '' },
    {
      dkim: {
        domain: 'example.com',
        selector: 's1',
        privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      },
      sender: { name: 'Übung "24"', address: 'noreply@example.com' },
    },
  );

  it.each([
    ['7bit', 'hello  world\n\n\n'],
    ['quoted-printable', 'Ünal is on his way home \n .\n\n'],
    ['base64', '確認コード'.repeat(40)],
  ])('holds over %s, and over nothing else', (encoding, content) => {
    const message = outgoing({ text: content, html: content, subject: '確認 '.repeat(20) });
    // eight bits are not for what is signed (RFC 6376 section 5.3)
    const { raw, eightBit } = composeMessage(signing, message, true);
    expect(eightBit).toBe(false);
    const octets = raw.toString('latin1');
    expect(octets.split(`\r\nContent-Transfer-Encoding: ${encoding}\r\n`)).toHaveLength(3);
    expect(dkimHolds(octets, publicKey)).toBe(true);
    expect(dkimCovers(octets)).toEqual(
      expect.arrayContaining(['from', 'to', 'subject', 'date', 'message-id', 'content-type']),
    );
    for (const [from, to] of [
      ['noreply@', 'evil@'],
      ['\r\nDate: ', '\r\nDate: x'],
      [`Encoding: ${encoding}\r\n\r\n`, `Encoding: ${encoding}\r\n\r\nx`],
    ] as const) {
      expect(octets).toContain(from);
      expect(dkimHolds(octets.replace(from, to), publicKey)).toBe(false);
    }
  });

  it('comes first, and what follows is the message without it', () => {
    const signed = composeMessage(signing, outgoing()).raw.toString();
    const { raw } = composeMessage({ ...signing, dkim: undefined }, outgoing());
    expect(signed).toMatch(/^DKIM-Signature: /);
    expect(signed.endsWith(`\r\n${raw.toString()}`)).toBe(true);
    for (const line of signed.slice(0, -raw.length).split('\r\n'))
      expect(line.length).toBeLessThanOrEqual(78);
  });
});
