import { Refusal } from './fault.errors.js';

const BYTES = 32;

/** At least 32 bytes in hex or base64 (RFC 4648, both alphabets). */
export function secretKey(text: string): Buffer | Refusal {
  const bytes = decoded(text);
  if (!bytes) return invalid('The key is neither hex nor base64.');
  if (bytes.length < BYTES)
    return invalid(
      `The key has only ${bytes.length} bytes; it needs at least ${BYTES} random ones.`,
    );
  return bytes;
}

function invalid(why: string): Refusal {
  return new Refusal(
    'VALUE_INVALID',
    why,
    (name) => `Write ${name}=… with the 64 digits that “openssl rand -hex 32” prints.`,
  );
}

/** 32 random bytes have fewer than 12 different ones less than once in 10^24. */
export function looksRandom(key: Buffer): boolean {
  return new Set(key).size >= 12;
}

function decoded(text: string): Buffer | undefined {
  // Digits that fit both alphabets are hex: to read them as base64 would flatter a short key.
  if (/^(?:[0-9a-f]{2})+$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]+={0,2}$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}
