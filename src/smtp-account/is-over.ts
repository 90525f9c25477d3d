import { type RawBuilder, sql } from '#database';

/**
 * Whether a moment on the database's clock has passed that was at most so many seconds ahead when it
 * was written. One that is further ahead was written before the clock was set back, and would hold
 * for as long as the clock was wrong. Twice as far, since whoever has waited for a row asks as of when
 * his transaction began.
 *
 * @returns null where the moment is
 */
export const isOver = (moment: RawBuilder<unknown>, longest: number): RawBuilder<boolean> =>
  sql`(${moment} not between now() and now() + make_interval(secs => ${2 * longest}))`;
