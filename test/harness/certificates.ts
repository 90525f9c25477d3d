import {
  createPrivateKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  sign,
} from 'node:crypto';
import { isIP } from 'node:net';

/** A certificate with its private key, both PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** A certificate authority of the tests' own; nothing outside trusts it. */
export interface Authority extends Certificate {
  readonly name: string;
  /** @param names DNS names or IP addresses the certificate is valid for */
  issue(names: readonly string[], kind?: CertificateKind): Certificate;
  /** An authority that this one vouches for. */
  subordinate(name: string): Authority;
}

export interface Validity {
  readonly notBefore?: Date;
  readonly notAfter?: Date;
}

/** What is special about a certificate. */
export interface CertificateKind extends Validity {
  /** Extended key usage (RFC 5280 section 4.2.1.12); anything unless given. */
  readonly purpose?: 'server' | 'client';
  /** A modulus of so many bits; P-256 unless given. */
  readonly rsaBits?: number;
  /** Where the certificate of the issuer can be had (RFC 5280 section 4.2.2.1). */
  readonly issuerUrl?: string;
}

const DAY = 86_400_000;

/** Valid a day ago, not any more since an hour. */
export const EXPIRED: Validity = {
  notBefore: new Date(Date.now() - DAY),
  notAfter: new Date(Date.now() - DAY / 24),
};

/** Valid from tomorrow. */
export const NOT_YET_VALID: Validity = { notBefore: new Date(Date.now() + DAY) };

export function createAuthority(name = 'Test CA', above?: Authority): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const cert = certificate({
    subject: name,
    publicKey: keys.publicKey,
    issuer: above?.name ?? name,
    issuerKey: above ? createPrivateKey(above.key) : keys.privateKey,
    extensions: [basicConstraints(true)],
  });
  const authority: Authority = {
    name,
    cert,
    key: pem(keys.privateKey),
    issue(names, kind = {}) {
      const { rsaBits: modulusLength, purpose, issuerUrl } = kind;
      const leaf = modulusLength
        ? generateKeyPairSync('rsa', { modulusLength })
        : generateKeyPairSync('ec', { namedCurve: 'P-256' });
      const leafCert = certificate({
        subject: names[0] ?? 'nameless',
        publicKey: leaf.publicKey,
        issuer: name,
        issuerKey: keys.privateKey,
        extensions: [
          basicConstraints(false),
          ...(names.length > 0 ? [subjectAltName(names)] : []),
          ...(purpose ? [extendedKeyUsage(purpose)] : []),
          ...(issuerUrl ? [authorityInformation(issuerUrl)] : []),
        ],
        validity: kind,
      });
      return { cert: leafCert, key: pem(leaf.privateKey) };
    },
    subordinate: (below) => createAuthority(below, authority),
  };
  return authority;
}

/** A leaf that vouches for itself: DEPTH_ZERO_SELF_SIGNED_CERT. */
export function selfSigned(names: readonly string[], validity?: Validity): Certificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = names[0] ?? 'nameless';
  const cert = certificate({
    subject: name,
    publicKey: keys.publicKey,
    issuer: name,
    issuerKey: keys.privateKey,
    extensions: [basicConstraints(false), subjectAltName(names)],
    validity,
  });
  return { cert, key: pem(keys.privateKey) };
}

const pem = (key: KeyObject): string => key.export({ type: 'pkcs8', format: 'pem' }).toString();

interface Request {
  readonly subject: string;
  readonly publicKey: KeyObject;
  readonly issuer: string;
  readonly issuerKey: KeyObject;
  readonly extensions: readonly Buffer[];
  readonly validity?: Validity | undefined;
}

// RFC 5280 section 4.1. Node reads X.509 but can't write it, and the tests run on npm alone.
function certificate(request: Request): string {
  const algorithm = sequence(oid('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256, RFC 5758
  const notBefore = request.validity?.notBefore ?? new Date(Date.now() - DAY);
  const notAfter = request.validity?.notAfter ?? new Date(notBefore.getTime() + 30 * DAY);
  const toBeSigned = sequence(
    der(0xa0, integer(Buffer.from([2]))), // version 3
    integer(Buffer.concat([Buffer.from([0x01]), randomBytes(8)])),
    algorithm,
    commonName(request.issuer),
    sequence(utcTime(notBefore), utcTime(notAfter)),
    commonName(request.subject),
    request.publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(...request.extensions)),
  );
  const signature = sign('sha256', toBeSigned, request.issuerKey);
  const whole = sequence(toBeSigned, algorithm, bitString(signature));
  const lines = whole.toString('base64').replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

// ITU-T X.690: tag, length (short or long form), contents
function der(tag: number, ...contents: Buffer[]): Buffer {
  const body = Buffer.concat(contents);
  if (body.length < 0x80) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const length = Buffer.from([body.length >> 8, body.length & 0xff]);
  const significant = length[0] === 0 ? length.subarray(1) : length;
  return Buffer.concat([Buffer.from([tag, 0x80 | significant.length]), significant, body]);
}

const sequence = (...parts: Buffer[]): Buffer => der(0x30, ...parts);
const set = (...parts: Buffer[]): Buffer => der(0x31, ...parts);
const integer = (value: Buffer): Buffer => der(0x02, value);
const octetString = (value: Buffer): Buffer => der(0x04, value);
const bitString = (value: Buffer): Buffer => der(0x03, Buffer.from([0]), value);
const boolean = (value: boolean): Buffer => der(0x01, Buffer.from([value ? 0xff : 0]));

function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  const bytes = [first * 40 + second];
  for (const arc of rest) {
    const groups = [arc & 0x7f];
    for (let left = arc >>> 7; left > 0; left >>>= 7) groups.unshift((left & 0x7f) | 0x80);
    bytes.push(...groups);
  }
  return der(0x06, Buffer.from(bytes));
}

const utcTime = (date: Date): Buffer =>
  der(0x17, Buffer.from(date.toISOString().replace(/^..|[-:T]|\.\d+/g, '')));

const commonName = (name: string): Buffer =>
  sequence(set(sequence(oid('2.5.4.3'), der(0x0c, Buffer.from(name)))));

const basicConstraints = (authority: boolean): Buffer =>
  sequence(
    oid('2.5.29.19'),
    boolean(true),
    octetString(authority ? sequence(boolean(true)) : sequence()),
  );

const extendedKeyUsage = (purpose: 'server' | 'client'): Buffer =>
  sequence(
    oid('2.5.29.37'),
    octetString(sequence(oid(`1.3.6.1.5.5.7.3.${purpose === 'server' ? 1 : 2}`))),
  );

const authorityInformation = (url: string): Buffer =>
  sequence(
    oid('1.3.6.1.5.5.7.1.1'),
    octetString(sequence(sequence(oid('1.3.6.1.5.5.7.48.2'), der(0x86, Buffer.from(url))))),
  );

function subjectAltName(names: readonly string[]): Buffer {
  const general = names.map((name) =>
    isIP(name) === 4
      ? der(0x87, Buffer.from(name.split('.').map(Number)))
      : der(0x82, Buffer.from(name)),
  );
  return sequence(oid('2.5.29.17'), octetString(sequence(...general)));
}
