/** Mails that a stranger can trigger, to one mailbox, over all kinds: at most so many. */
export const PER_HOUR = 5;
export const PER_DAY = 20;

/** Seconds to wait after the first, second, third, … mail within an hour. */
const COOLDOWNS = [60, 120, 300, 900] as const;

const HOUR = 3_600;
const DAY = 24 * HOUR;

/**
 * When the next mail may go to a mailbox, from the moments at which earlier ones were let through.
 *
 * Three rules, of which the latest moment counts: a growing cooldown, so that a person who presses
 * the button twice waits a minute and a script soon waits a quarter of an hour; five an hour; and
 * twenty a day. The numbers are the contract's. A fixed window was turned down: it lets two
 * windows' worth through around its edge.
 *
 * @param letThrough ascending, seconds on any clock
 * @returns seconds on the same clock; `-Infinity` where nothing stands in the way
 */
export function nextAllowedAt(letThrough: readonly number[], now: number): number {
  const lastHour = letThrough.filter((at) => at > now - HOUR);
  const lastDay = letThrough.filter((at) => at > now - DAY);
  return Math.max(
    afterCooldown(lastHour),
    whenBelow(lastHour, PER_HOUR, HOUR),
    whenBelow(lastDay, PER_DAY, DAY),
  );
}

function afterCooldown(lastHour: readonly number[]): number {
  const last = lastHour.at(-1);
  if (last === undefined) return -Infinity;
  return last + (COOLDOWNS[Math.min(lastHour.length, COOLDOWNS.length) - 1] ?? 0);
}

/** When so many of the window have left it that one more fits. */
function whenBelow(window: readonly number[], limit: number, length: number): number {
  const blocking = window.at(-limit);
  return blocking === undefined ? -Infinity : blocking + length;
}
