import type { Settlement } from '#outbox';
import type { Verdict } from '#smtp';
import { retryDelay } from './retry-schedule.js';

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
  attempts: number,
  waitsForAccounts: boolean,
  random: number,
): Settlement {
  const error = verdict.sentence;
  switch (verdict.outcome) {
    case 'accepted':
      return { transition: 'accept' };
    case 'rejected':
      return { transition: 'reject', error };
    case 'unknown':
      return { transition: 'doubt', error, retryInSeconds: retryDelay(attempts, random) };
    case 'deferred':
      return { transition: 'defer', error, retryInSeconds: retryDelay(attempts, random) };
    case 'account-failed': {
      const wait = waitsForAccounts ? ACCOUNT_PAUSE : retryDelay(attempts, random);
      return { transition: 'defer', error, retryInSeconds: wait };
    }
    default:
      return verdict.outcome satisfies never;
  }
}
