import type { ClaimedMail, Settlement } from '#outbox';
import type { Verdict } from '#smtp';
import { retryDelay } from './retry-schedule.js';

/** What a delay depends on. */
export type Tried = Pick<ClaimedMail, 'attempts' | 'createdAt' | 'expiresAt' | 'expiresInMs'>;

/**
 * Seconds until a mail is due again that only an account kept from going. Its breaker decides when
 * there is a next try; the mail is ready for it, behind those that have waited for longer.
 */
const ACCOUNT_PAUSE = 1;

/**
 * What follows from a verdict for the mail.
 *
 * Only the server's word about this very message ends it. What is the account's fault, a refused
 * sign-in as much as a dead line, makes the mail wait: an operator can mend an account, and nobody
 * can bring back a mail that was thrown away.
 *
 * @param waitsForAccounts every account is left alone for a while
 * @param random in [0, 1)
 */
export function settlementOf(
  verdict: Verdict,
  mail: Tried,
  waitsForAccounts: boolean,
  random: number,
): Settlement {
  const error = verdict.sentence;
  const retryInSeconds = delayOf(mail, random);
  switch (verdict.outcome) {
    case 'accepted':
      return { transition: 'accept' };
    case 'rejected':
      return { transition: 'reject', error };
    case 'unknown':
      return { transition: 'doubt', error, retryInSeconds };
    case 'deferred':
      return { transition: 'defer', error, retryInSeconds };
    case 'account-failed':
      return {
        transition: 'defer',
        error,
        retryInSeconds: waitsForAccounts ? ACCOUNT_PAUSE : retryInSeconds,
      };
    default:
      return verdict.outcome satisfies never;
  }
}

/** Seconds until the next try; the age is by the database's clock, at the claim. */
export function delayOf(
  { attempts, createdAt, expiresAt, expiresInMs }: Tried,
  random: number,
): number {
  const age = (expiresAt.getTime() - createdAt.getTime() - expiresInMs) / 1_000;
  return retryDelay(attempts, age, random);
}
