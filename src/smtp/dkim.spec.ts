import { generateKeyPairSync } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import DKIM from 'nodemailer/lib/dkim';
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
