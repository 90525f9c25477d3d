/** What a code or link is for; one made for one purpose is worth nothing for another. */
export type TokenPurpose = 'verification-code' | 'password-reset' | 'invitation';

const MINUTE = 60;
const DAY = 24 * 60 * MINUTE;

/** Seconds. A code may be guessed, so it lives no longer than NIST SP 800-63B-4 (3.1.3.2) allows. */
export const lifetimeSeconds: Readonly<Record<TokenPurpose, number>> = {
  'verification-code': 10 * MINUTE,
  'password-reset': 60 * MINUTE,
  invitation: 7 * DAY,
};

/** Mails that carry a code or link are named after it. */
export const isTokenPurpose = (kind: string): kind is TokenPurpose =>
  Object.hasOwn(lifetimeSeconds, kind);

/** A registration that is repeated within this time keeps its code. */
export const FRESH_CODE_SECONDS = 60;

/**
 * Five tries a code, fifteen an address and hour over all its codes. Without the second number,
 * asking for a new code would set the count back. As a mailbox gets at most twenty mails a day, a
 * stranger has a hundred tries a day at one of a million codes, and each rings at the owner's.
 */
export const TRIES_PER_CODE = 5;
export const TRIES_PER_ADDRESS_AND_HOUR = 15;
