/** Seconds before the second, third, … try. */
const FIRST_DELAYS = [2, 5, 15, 30, 60, 60, 60, 60, 60, 90] as const;
const GROWTH = 1.5;
/** The outbox takes what lies much further ahead for the work of a clock that was set back. */
const CAP = 3_600;
/** Seconds; no mail is tried more often only because it is young. */
const LEAST_OF_LATE = 60;
/** Part of its age that a mail waits at most: what the delays below come to by themselves. */
const PART_OF_AGE = 0.5;
/** Part of the delay by which it may be longer or shorter. */
const JITTER = 0.15;

/**
 * Seconds to wait after the `attempts`-th try has failed.
 *
 * A person is waiting, and a code lives ten minutes: the first tries come within seconds (a server
 * that restarts is back by then), then one a minute, so that at least one falls between the fifth
 * and the eighth minute, which is when a greylisting server (RFC 6647) lets the mail in. What
 * lives longer, a link or an invitation, is tried ever more rarely, at least once an hour. RFC
 * 5321 section 4.5.4.1 asks for 30 minutes between tries of a relay; it means mail that nobody
 * waits for. Plain exponential backoff from one second was turned down: it has no try between
 * 4:15 and 8:31. The jitter keeps the mails of one outage from coming back as one herd.
 *
 * All kinds have the one schedule: what differs is when their code or link dies, and they with it.
 * Tries that failed for their account count as well, and there can be many of those in little time.
 * They are no reason to wait longer than a mail of this age would.
 *
 * @param age seconds since it was queued
 * @param random in [0, 1)
 */
export function retryDelay(attempts: number, age: number, random: number): number {
  const first = FIRST_DELAYS[attempts - 1];
  const last = FIRST_DELAYS[FIRST_DELAYS.length - 1] ?? 0;
  const grown = Math.min(CAP, last * GROWTH ** (attempts - FIRST_DELAYS.length));
  const delay = first ?? Math.min(grown, Math.max(LEAST_OF_LATE, PART_OF_AGE * age));
  return Math.min(CAP, delay * (1 - JITTER + 2 * JITTER * random));
}
