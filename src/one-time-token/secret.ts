import { randomBytes, randomInt } from 'node:crypto';

const DIGITS = 6;
const LINK_BYTES = 32;

/** Six digits, each of the million as likely as the next; `randomInt` has no modulo bias. */
export const makeCode = (): string => String(randomInt(10 ** DIGITS)).padStart(DIGITS, '0');

/** 256 random bits, base64url. */
export const makeLinkToken = (): string => randomBytes(LINK_BYTES).toString('base64url');

/**
 * A code as people type or paste it: spaces and hyphens between the digits, digits of full width.
 * @returns undefined where it can't be a code
 */
export function normalizeCode(input: string): string | undefined {
  const code = input.normalize('NFKC').replaceAll(/[\s-]/g, '');
  return /^[0-9]{6}$/.test(code) ? code : undefined;
}

/** Whether it may be a link's token at all. */
export const isLinkToken = (input: string): boolean => /^[A-Za-z0-9_-]{43}$/.test(input);
