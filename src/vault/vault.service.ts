import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
  randomBytes,
} from 'node:crypto';

/** What a derived key is for; each purpose has a key of its own. */
export type KeyPurpose = 'outbox' | 'one-time-token' | 'refresh-token' | 'access-token';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;

/**
 * The keys, all derived from `SECRET_KEY` by HKDF-SHA-256 (RFC 5869), one a purpose. No key ever
 * leaves it but for `accessTokenKey`, which the JWT library needs.
 */
export class Vault {
  readonly #keys = new Map<KeyPurpose, KeyObject>();
  readonly #secret: Buffer;

  /** @param secret at least 32 bytes */
  constructor(secret: Buffer) {
    if (secret.length < 32) throw new Error('The secret key has fewer than 32 bytes');
    this.#secret = secret;
  }

  /** AES-256-GCM; `associatedData` binds the result to its row and is needed to open it. */
  seal(purpose: KeyPurpose, plain: Buffer | string, associatedData: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#key(purpose), iv);
    cipher.setAAD(Buffer.from(associatedData));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), body]);
  }

  /** @throws where the bytes were changed, moved to another row or sealed with another key */
  open(purpose: KeyPurpose, sealed: Buffer, associatedData: string): Buffer {
    if (sealed[0] !== VERSION) throw new Error('Sealed with a version this program does not know');
    const iv = sealed.subarray(1, 1 + IV_BYTES);
    const tag = sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
    const decipher = createDecipheriv('aes-256-gcm', this.#key(purpose), iv);
    decipher.setAAD(Buffer.from(associatedData));
    decipher.setAuthTag(tag);
    const body = sealed.subarray(1 + IV_BYTES + TAG_BYTES);
    return Buffer.concat([decipher.update(body), decipher.final()]);
  }

  /** HMAC-SHA-256 over the parts, each with its length before it, so that no two lists collide. */
  hmac(purpose: KeyPurpose, ...parts: string[]): Buffer {
    const hmac = createHmac('sha256', this.#key(purpose));
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest();
  }

  /** For HS256. */
  accessTokenKey(): KeyObject {
    return this.#key('access-token');
  }

  #key(purpose: KeyPurpose): KeyObject {
    let key = this.#keys.get(purpose);
    if (!key) {
      const bytes = hkdfSync('sha256', this.#secret, '', `gatepost/${purpose}`, 32);
      key = createSecretKey(Buffer.from(bytes));
      this.#keys.set(purpose, key);
    }
    return key;
  }
}
