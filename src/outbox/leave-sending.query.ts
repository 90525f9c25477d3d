import { type RawBuilder, sql } from '#database';

/**
 * Where a mail goes that was `sending`, as a part of an update of its row. What lost its variables
 * meanwhile was replaced by a newer one: it ends where it would wait again.
 *
 * @param status SQL for the state it is meant to come to
 * @param nextAttemptAt SQL for the moment of the next try, of one that is queued
 */
export function leaveSending(
  status: RawBuilder<unknown>,
  nextAttemptAt: RawBuilder<unknown>,
): RawBuilder<unknown> {
  const wouldWait = sql`${status} in ('queued', 'held')`;
  return sql`
    status = case when ${wouldWait} and variables is null then 'cancelled' else ${status} end,
    ended_at = case when ${wouldWait} and variables is not null then null else now() end,
    next_attempt_at = case when ${status} = 'queued' and variables is not null
      then ${nextAttemptAt} end,
    lease_owner = null, lease_until = null`;
}
