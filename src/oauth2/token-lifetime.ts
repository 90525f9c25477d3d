/** Seconds for which a token is used whose provider does not tell how long it is good. */
const UNKNOWN = 300;

/** Seconds; nothing is kept longer than a day, whatever a provider says. */
const LONGEST = 86_400;

/** Seconds before its end at which another one is got, and the part of its life, if that is less. */
const AHEAD = 300;
const AHEAD_PART = 0.1;

/**
 * Seconds for which a new access token is used before another one is got, and until it ends.
 *
 * Ahead of its end, so that the request can fail a few times while mail still goes out; a tenth at
 * most, so that tokens of a minute are not got again at each sign-in. Five minutes are enough for
 * ten tries. A provider that tells no lifetime gives tokens of an hour as a rule, but a refused
 * sign-in costs more than a request: twelve requests an hour are nothing to it.
 *
 * @param expiresIn seconds, as the provider says; undefined where it doesn't
 */
export function usableFor(expiresIn: number | undefined): {
  readonly fresh: number;
  readonly alive: number | undefined;
} {
  if (expiresIn === undefined) return { fresh: UNKNOWN, alive: undefined };
  const alive = Math.min(expiresIn, LONGEST);
  return { fresh: alive - Math.min(AHEAD, alive * AHEAD_PART), alive };
}
