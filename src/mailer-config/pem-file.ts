import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { reasonOf, Refusal } from '#settings';

/** Reads the PEM file a path leads to and has `check` judge its text; `what` is a sentence part. */
function pemFile(what: string, check: (pem: string) => unknown) {
  const instead = (name: string): string =>
    `Write ${name}=/path/to/file.pem with ${what}, readable by this user.`;
  return (path: string): string | Refusal => {
    let pem: string;
    try {
      pem = readFileSync(path, 'utf8');
    } catch (error) {
      return new Refusal(
        'FILE_UNREADABLE',
        `The file can not be read: ${reasonOf(error)}.`,
        instead,
      );
    }
    try {
      check(pem);
      return pem;
    } catch {
      const why = /ENCRYPTED/.test(pem)
        ? 'The key is protected by a passphrase, which nobody can type at start.'
        : `The file does not hold ${what}.`;
      return new Refusal('FILE_INVALID', why, instead);
    }
  };
}

/** One or more certificates. */
export const certificateFile = pemFile('certificates in PEM form', (pem) => {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
  if (!blocks) throw new Error('no certificate');
  return blocks.map((block) => new X509Certificate(block));
});

/** A private key without passphrase. */
export const privateKeyFile = pemFile('a private key in PEM form without passphrase', (pem) =>
  createPrivateKey(pem),
);
