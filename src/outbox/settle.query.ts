import { type Db, sql } from '#database';
import type { Attempt, Settlement } from './mail.js';
import { transitions } from './mail-state.js';

/**
 * Writes what became of a try, together with its line in the timeline. Only the worker whose
 * lease it still is may do so.
 *
 * @returns false where the row is no longer this worker's
 */
export async function settle(
  db: Db,
  id: string,
  owner: string,
  settlement: Settlement,
  attempt: Attempt,
): Promise<boolean> {
  const { to } = transitions[settlement.transition];
  const error = 'error' in settlement ? settlement.error : null;
  const retryIn = 'retryInSeconds' in settlement ? settlement.retryInSeconds : null;
  const { rows } = await sql`
    with settled as (
      update outbox set status = ${to}, last_error = ${error}, account = ${attempt.account ?? null},
        lease_owner = null, lease_until = null,
        next_attempt_at = now() + make_interval(secs => ${retryIn}::float8),
        sent_at = ${to === 'sent' ? sql`now()` : sql`sent_at`},
        ended_at = ${to === 'queued' ? null : sql`now()`},
        variables = ${to === 'sent' || to === 'expired' ? null : sql`variables`}
      where id = ${id} and status = 'sending' and lease_owner = ${owner}
      returning id
    )
    insert into outbox_attempts (outbox_id, account, stage, outcome, reply_code, enhanced_code,
                                 reply, duration_ms, transcript)
    select id, ${attempt.account ?? null}, ${attempt.stage}, ${attempt.outcome},
      ${attempt.replyCode ?? null}, ${attempt.enhancedCode ?? null}, ${attempt.reply ?? null},
      ${Math.round(attempt.durationMs)}, ${JSON.stringify(attempt.transcript)}::jsonb
    from settled returning id
  `.execute(db);
  return rows.length > 0;
}
