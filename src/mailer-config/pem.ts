import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type TextForm, WrongText } from './text-form.js';

/** One or more certificates. */
export const certificates: TextForm<string> = {
  what: 'certificates in PEM form',
  path: '/path/to/file.pem',
  secret: false,
  read(pem) {
    const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g);
    const isValid = blocks?.every((block) => succeeds(() => new X509Certificate(block)));
    return isValid ? pem : new WrongText();
  },
};

/** A private key without passphrase. */
export const privateKey: TextForm<string> = {
  what: 'a private key in PEM form without passphrase',
  path: '/path/to/file.pem',
  secret: true,
  read(pem) {
    if (succeeds(() => createPrivateKey(pem))) return pem;
    return new WrongText(
      /ENCRYPTED/.test(pem)
        ? 'The key is protected by a passphrase, which nobody can type at start.'
        : undefined,
    );
  },
};

function succeeds(attempt: () => unknown): boolean {
  try {
    attempt();
    return true;
  } catch {
    return false;
  }
}
