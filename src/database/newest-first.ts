import { type RawBuilder, sql } from 'kysely';

/**
 * The condition for those rows of a list, newest first, that come after a position; for all of them
 * where there is none. Rows of the same millisecond, which is as fine as our columns are, are told
 * apart by their ids.
 */
export const comesAfter = (position: { at: Date; id: string } | undefined): RawBuilder<boolean> =>
  position
    ? sql`(created_at, id) < (${position.at}::timestamptz, ${position.id}::uuid)`
    : sql`true`;
