import { createHash, createPrivateKey, type KeyObject } from 'node:crypto';
import sign from 'nodemailer/lib/dkim/sign.js';
import type { SmtpSettings } from '#mailer-config';
import { ComposeError } from './smtp.errors.js';

/**
 * The DKIM-Signature field (RFC 6376, relaxed/relaxed, rsa-sha256) with its line end.
 * @param headers all fields, each with its line end
 * @param body with CRLF line ends
 * @throws ComposeError when the key is of no use
 */
export function dkimSignature(dkim: DkimSettings, headers: string, body: string): string {
  const fields = headers.match(/[^\r\n]+(?:\r\n[ \t][^\r\n]*)*/g) ?? [];
  const lines = fields.map((line) => ({
    key: line.slice(0, line.indexOf(':')).trim().toLowerCase(),
    line,
  }));
  const signature = sign(lines, 'sha256', bodyHash(body), {
    domainName: dkim.domain,
    keySelector: dkim.selector,
    privateKey: keyOf(dkim),
  });
  if (!signature) throw unfitKey();
  return `${signature}\r\n`;
}

type DkimSettings = NonNullable<SmtpSettings['dkim']>;

// To read one takes longer than to sign with it.
const keys = new WeakMap<DkimSettings, KeyObject>();

function keyOf(dkim: DkimSettings): KeyObject {
  const known = keys.get(dkim);
  if (known) return known;
  const key = rsaKey(dkim.privateKey);
  keys.set(dkim, key);
  return key;
}

// Any key would sign; only what a verifier of rsa-sha256 can check is a signature.
function rsaKey(privateKey: string): KeyObject {
  try {
    const key = createPrivateKey(privateKey);
    if (key.asymmetricKeyType === 'rsa') return key;
  } catch {
    // OpenSSL's reason says nothing that the sentence doesn't
  }
  throw unfitKey();
}

const unfitKey = (): ComposeError =>
  new ComposeError(
    'account',
    'The mail could not be signed. SMTP_DKIM_KEY_FILE has to hold an RSA private key in PEM form.',
  );

// RFC 6376 section 3.4.4
function bodyHash(body: string): string {
  const whole = body === '' || body.endsWith('\r\n') ? body : `${body}\r\n`;
  const relaxed = whole
    .replace(/[ \t]+/g, ' ')
    .replaceAll(' \r\n', '\r\n')
    .replace(/(?:\r\n)+$/, '\r\n')
    .replace(/^\r\n$/, '');
  return createHash('sha256').update(relaxed, 'latin1').digest('base64');
}
