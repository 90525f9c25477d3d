import type { Verdict } from '#smtp';

/** Why an account could not be used; decides how long it is left alone. */
export type AccountFault = 'sign-in' | 'connection';

/** Failures in a row before an account is left alone; one may be a single bad moment. */
const TOLERATED = { 'sign-in': 0, connection: 2 } as const satisfies Record<AccountFault, number>;

/** Seconds of the first pauses, the last for all that follow. */
const PAUSES = {
  'sign-in': [10, 60, 300, 900],
  connection: [1, 1.5, 2, 3, 4, 6, 9, 13, 20, 30, 45, 60],
} as const satisfies Record<AccountFault, readonly number[]>;

/** Seconds. */
export const LONGEST_PAUSE = Math.max(...PAUSES['sign-in'], ...PAUSES.connection);

/** Part of a pause by which it may be shorter, so that several workers' accounts don't march. */
const JITTER = 0.2;

/**
 * Seconds an account is left alone after so many failures in a row; 0: it goes on.
 *
 * A server that is down is asked again within seconds, since a restart takes no longer and people
 * wait for their codes. The pauses grow by half and not to the double: one that is back is found
 * after half of its outage at most, and one that loses every other connection stays in use (pauses
 * that double, each after an even chance to end them, have no mean).
 *
 * A refused sign-in is another matter: providers lock a mailbox after a handful of them, and no
 * refusal heals within seconds. So the first one already stops all others (a connection opened
 * meanwhile would only add to the count), and the pauses soon reach a quarter of an hour, four tries
 * an hour. A threshold of three, as for connections, was turned down: with five connections at once
 * and several workers it is fifteen refusals.
 *
 * @param random in [0, 1)
 */
export function pauseAfter(fault: AccountFault, failures: number, random: number): number {
  const nth = failures - TOLERATED[fault];
  if (nth < 1) return 0;
  const pauses: readonly number[] = PAUSES[fault];
  const pause = pauses[Math.min(nth, pauses.length) - 1] ?? 0;
  return pause * (1 - JITTER * random);
}

/** Failures in a row, of whichever kind. */
export interface Failures {
  readonly failures: number;
  /** Those among them for which the sign-in was refused. */
  readonly refusedSignIns: number;
}

/**
 * What one more failure makes of those before it, and the seconds that the account is left alone for
 * it. Each kind is counted by itself: a line that was down says nothing of a password, and would
 * have the first refusal after it stand for the fourth.
 *
 * @param isProbe of the one mail that tried it after a pause: it goes on being left alone
 */
export function oneMore(
  before: Failures,
  fault: AccountFault,
  isProbe: boolean,
  random: number,
): Failures & { readonly pause: number } {
  const failures = before.failures + 1;
  const refusedSignIns = before.refusedSignIns + (fault === 'sign-in' ? 1 : 0);
  const ofItsKind = fault === 'sign-in' ? refusedSignIns : failures - refusedSignIns;
  const least = isProbe ? TOLERATED[fault] + 1 : 0;
  return { failures, refusedSignIns, pause: pauseAfter(fault, Math.max(ofItsKind, least), random) };
}

/**
 * What kind of failure of the account this is. A 4xx at AUTH is the server's bad moment (RFC 4954
 * section 6, 454), never a wrong password, and neither is a connection that was lost there: a line
 * that fails at random would keep the account from being used for a quarter of an hour.
 */
export function accountFaultOf({
  stage,
  replyCode,
  ending,
}: Pick<Verdict, 'stage' | 'replyCode' | 'ending'>): AccountFault {
  const isRefused = ending === 'policy' || (replyCode !== undefined && replyCode >= 500);
  // 530: MAIL refused for want of a sign-in (RFC 4954 section 6)
  return (stage === 'auth' && isRefused) || replyCode === 530 ? 'sign-in' : 'connection';
}
