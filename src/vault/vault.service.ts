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
export type KeyPurpose =
  | 'outbox'
  | 'one-time-token'
  | 'refresh-token'
  | 'access-token'
  | 'key-check'
  | 'smtp-account'
  | 'oauth2';

const VERSION = 1;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const SECRET_BYTES = 32;

/**
 * The keys, all derived from `SECRET_KEY` by HKDF-SHA-256 (RFC 5869), one a purpose. While keys are
 * being changed, what `SECRET_KEY_PREVIOUS` made is still read, and nothing new is made with it. No
 * key leaves but those for access tokens, which the JWT library needs.
 */
export class Vault {
  /** The current one first. */
  readonly #rings: readonly KeyRing[];

  /** @param secrets at least 32 bytes each, the current one first */
  constructor(...secrets: readonly [Buffer, ...Buffer[]]) {
    this.#rings = secrets.map((secret) => new KeyRing(secret));
  }

  /** AES-256-GCM; `associatedData` binds the result to its row and is needed to open it. */
  seal(purpose: KeyPurpose, plain: Buffer | string, associatedData: string): Buffer {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv('aes-256-gcm', this.#current.key(purpose), iv);
    cipher.setAAD(Buffer.from(associatedData));
    const body = Buffer.concat([cipher.update(plain), cipher.final()]);
    return Buffer.concat([Buffer.from([VERSION]), iv, cipher.getAuthTag(), body]);
  }

  /** @throws where the bytes were changed, moved to another row or sealed with another key */
  open(purpose: KeyPurpose, sealed: Buffer, associatedData: string): Buffer {
    if (sealed[0] !== VERSION) throw new Error('Sealed with a version this program does not know');
    for (const ring of this.#rings) {
      try {
        return openWith(ring.key(purpose), sealed, associatedData);
      } catch (error) {
        // An authentication tag that does not fit: perhaps the key before made it.
        if (ring === this.#rings.at(-1)) throw error;
      }
    }
    throw new Error('A vault has at least one key');
  }

  /**
   * The same sealed with the current key; undefined where it is already.
   *
   * @throws as `open`
   */
  reseal(purpose: KeyPurpose, sealed: Buffer, associatedData: string): Buffer | undefined {
    try {
      openWith(this.#current.key(purpose), sealed, associatedData);
      return undefined;
    } catch {
      return this.seal(purpose, this.open(purpose, sealed, associatedData), associatedData);
    }
  }

  /** HMAC-SHA-256 over the parts, each with its length before it, so that no two lists collide. */
  hmac(purpose: KeyPurpose, ...parts: string[]): Buffer {
    return this.#current.hmac(purpose, parts);
  }

  /** The same by each key there is, the current one first: what to look for. */
  hmacs(purpose: KeyPurpose, ...parts: string[]): Buffer[] {
    return this.#rings.map((ring) => ring.hmac(purpose, parts));
  }

  /** For HS256: the first signs, each verifies. */
  accessTokenKeys(): [KeyObject, ...KeyObject[]] {
    const [current, ...previous] = this.#rings.map((ring) => ring.key('access-token'));
    if (!current) throw new Error('A vault has at least one key');
    return [current, ...previous];
  }

  get #current(): KeyRing {
    const [current] = this.#rings;
    if (!current) throw new Error('A vault has at least one key');
    return current;
  }
}

/** The keys derived from one secret, each made when it is first needed. */
class KeyRing {
  readonly #keys = new Map<KeyPurpose, KeyObject>();

  constructor(private readonly secret: Buffer) {
    if (secret.length < SECRET_BYTES) throw new Error('A secret key has fewer than 32 bytes');
  }

  key(purpose: KeyPurpose): KeyObject {
    let key = this.#keys.get(purpose);
    if (!key) {
      const bytes = hkdfSync('sha256', this.secret, '', `gatepost/${purpose}`, SECRET_BYTES);
      key = createSecretKey(Buffer.from(bytes));
      this.#keys.set(purpose, key);
    }
    return key;
  }

  hmac(purpose: KeyPurpose, parts: readonly string[]): Buffer {
    const hmac = createHmac('sha256', this.key(purpose));
    for (const part of parts) hmac.update(`${Buffer.byteLength(part)}:`).update(part);
    return hmac.digest();
  }
}

function openWith(key: KeyObject, sealed: Buffer, associatedData: string): Buffer {
  const iv = sealed.subarray(1, 1 + IV_BYTES);
  const tag = sealed.subarray(1 + IV_BYTES, 1 + IV_BYTES + TAG_BYTES);
  const decipher = createDecipheriv('aes-256-gcm', key, iv);
  decipher.setAAD(Buffer.from(associatedData));
  decipher.setAuthTag(tag);
  const body = sealed.subarray(1 + IV_BYTES + TAG_BYTES);
  return Buffer.concat([decipher.update(body), decipher.final()]);
}
