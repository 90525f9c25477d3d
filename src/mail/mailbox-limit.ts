/** Mails that a stranger can trigger, to one mailbox, over all purposes: at most so many. */
const PER_HOUR = 5;
export const PER_DAY = 20;

/**
 * So many an hour may come without waiting for the cooldown, where something new has to be said. The
 * rest is kept for those who wait: or a stranger could use the hour up within a second, and the
 * owner's reset would not be mailed.
 */
const AT_ONCE = 3;

/** Seconds to wait after the first, second, third, … mail of one purpose within an hour. */
const COOLDOWNS = [60, 120, 300, 900] as const;

const HOUR = 3_600;
const DAY = 24 * HOUR;

/** A mail that was let through; seconds on any clock. */
export interface LetThrough {
  at: number;
  purpose: string;
}

/**
 * When the next mail of a purpose may go to a mailbox, from those that were let through before.
 *
 * Three rules, of which the latest moment counts. Five an hour and twenty a day protect the
 * mailbox, whatever the mails are for. The cooldown is for one purpose: a person who presses a
 * button twice waits a minute, and a script soon waits a quarter of an hour, but who has just
 * registered and forgets the password at once gets the link. The numbers are the contract's. A
 * fixed window was turned down: it lets two windows' worth through around its edge.
 *
 * @param before ascending
 * @returns seconds on the same clock; `-Infinity` where nothing stands in the way
 */
export function nextAllowedAt(before: readonly LetThrough[], purpose: string, now: number): number {
  return Math.max(afterCooldown(before, purpose, now), whenBelowQuota(before, PER_HOUR, now));
}

/** The same without the cooldown, for the first few. */
export function nextAllowedAtOnce(before: readonly LetThrough[], now: number): number {
  return whenBelowQuota(before, AT_ONCE, now);
}

function whenBelowQuota(before: readonly LetThrough[], perHour: number, now: number): number {
  return Math.max(
    whenBelow(since(before, now - HOUR), perHour, HOUR),
    whenBelow(since(before, now - DAY), PER_DAY, DAY),
  );
}

function afterCooldown(before: readonly LetThrough[], purpose: string, now: number): number {
  const same = since(before, now - HOUR).filter((mail) => mail.purpose === purpose);
  const last = same.at(-1);
  if (last === undefined) return -Infinity;
  return last.at + (COOLDOWNS[Math.min(same.length, COOLDOWNS.length) - 1] ?? 0);
}

const since = (before: readonly LetThrough[], moment: number) =>
  before.filter(({ at }) => at > moment);

/** When so many of the window have left it that one more fits. */
function whenBelow(window: readonly LetThrough[], limit: number, length: number): number {
  const blocking = window.at(-limit);
  return blocking === undefined ? -Infinity : blocking.at + length;
}
