import type { Settlement } from '#outbox';
import type { Verdict } from '#smtp';
import { retryDelay } from './retry-schedule.js';

/**
 * What follows from a verdict for the mail.
 *
 * Only the server's word about this very message ends it. What is the account's fault, a refused
 * sign-in as much as a dead line, makes the mail wait: an operator can mend an account, and nobody
 * can bring back a mail that was thrown away.
 */
export function settlementOf(verdict: Verdict, attempts: number, random: number): Settlement {
  const error = verdict.sentence;
  switch (verdict.outcome) {
    case 'accepted':
      return { transition: 'accept' };
    case 'rejected':
      return { transition: 'reject', error };
    case 'unknown':
      return { transition: 'doubt', error, retryInSeconds: retryDelay(attempts, random) };
    case 'deferred':
    case 'account-failed':
      return { transition: 'defer', error, retryInSeconds: retryDelay(attempts, random) };
    default:
      return verdict.outcome satisfies never;
  }
}
