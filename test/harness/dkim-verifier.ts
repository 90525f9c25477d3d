import { createHash, createVerify, type KeyObject } from 'node:crypto';

/**
 * Does the DKIM signature of a message hold? Written from RFC 6376 for rsa-sha256 and
 * relaxed/relaxed, without a look at what signs.
 * @param raw octets as characters
 */
export function dkimHolds(raw: string, publicKey: KeyObject): boolean {
  const end = raw.indexOf('\r\n\r\n') + 2;
  const fields = raw.slice(0, end).split(/(?<=\r\n)(?![ \t])/);
  const at = fields.findIndex((field) => /^dkim-signature:/i.test(field));
  const [signature] = at < 0 ? [] : fields.splice(at, 1);
  if (!signature) return false;
  const tags = new Map(
    valueOf(signature)
      .split(';')
      .filter((tag) => tag.trim() !== '')
      .map((tag) => [tag.slice(0, tag.indexOf('=')).trim(), tag.slice(tag.indexOf('=') + 1)]),
  );
  const tag = (name: string) => (tags.get(name) ?? '').replace(/\s/g, '');
  if (tag('v') !== '1' || tag('a') !== 'rsa-sha256' || tag('c') !== 'relaxed/relaxed') return false;
  const hash = createHash('sha256').update(relaxedBody(raw.slice(end + 2)), 'latin1');
  if (hash.digest('base64') !== tag('bh')) return false;

  // Section 5.4.2: fields of one name are taken from the bottom up. The signature itself comes
  // last, without the value of b= and without a line end (3.7).
  const signed = tag('h')
    .toLowerCase()
    .split(':')
    .map((name) => {
      const last = fields.findLastIndex((field) => nameOf(field) === name);
      return last < 0 ? '' : `${relaxedField(fields.splice(last, 1)[0] ?? '')}\r\n`;
    });
  const unsigned = relaxedField(signature.replace(/(;\s*b=)[^;]*/, '$1'));
  return createVerify('RSA-SHA256')
    .update(signed.join('') + unsigned, 'latin1')
    .verify(publicKey, tag('b'), 'base64');
}

/** The names of the fields that the signature covers. */
export const dkimCovers = (raw: string): string[] =>
  (/\bh=([^;]*)/.exec(raw.slice(0, raw.indexOf('\r\n\r\n')))?.[1] ?? '')
    .replace(/\s/g, '')
    .toLowerCase()
    .split(':');

const nameOf = (field: string) => field.slice(0, field.indexOf(':')).trim().toLowerCase();
const valueOf = (field: string) => field.slice(field.indexOf(':') + 1).replaceAll('\r\n', '');

// Section 3.4.2
const relaxedField = (field: string): string =>
  `${nameOf(field)}:${valueOf(field)
    .replace(/[ \t]+/g, ' ')
    .trim()}`;

// Section 3.4.4
function relaxedBody(body: string): string {
  const lines = body.split('\r\n').map((line) => line.replace(/[ \t]+/g, ' ').replace(/ $/, ''));
  while (lines.at(-1) === '') lines.pop();
  return lines.map((line) => `${line}\r\n`).join('');
}
