import { type Db, sql } from '#database';
import { leaveSending } from './leave-sending.query.js';
import type { Settled } from './mail.js';
import { transitions } from './mail-state.js';

/**
 * Writes what became of tries, each together with its lines in the timeline: one statement and one
 * commit for as many as have come together. Only the worker whose lease it still is may do so. A
 * failed mail keeps its code or link, sealed, until that dies: an operator can mend the cause and
 * try again.
 *
 * @returns the ids that were still this worker's
 */
export async function settle(
  db: Db,
  owner: string,
  settled: readonly Settled[],
): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with tries as (
      select * from jsonb_to_recordset(${JSON.stringify(settled.map(tryOf))}::jsonb) as try (
        id uuid, status text, error text, retry_in float8, account text)
    ),
    lines as (
      select * from jsonb_to_recordset(${JSON.stringify(settled.flatMap(linesOf))}::jsonb) as line (
        id uuid, place integer, account text, stage text, outcome text, reply_code smallint,
        enhanced_code text, reply text, cause text, sentence text, duration_ms integer,
        transcript jsonb)
    ),
    settled as (
      update outbox set
        ${leaveSending(sql`try.status`, sql`now() + make_interval(secs => try.retry_in)`)},
        last_error = case when try.status = 'queued' and variables is null then last_error
          else try.error end,
        account = try.account, suspicion = 0,
        sent_at = case when try.status = 'sent' then now() else sent_at end,
        variables = case when try.status in ('sent', 'expired') then null else variables end
      from tries as try
      where outbox.id = try.id and outbox.status = 'sending' and lease_owner = ${owner}
      returning outbox.id
    ),
    written as (
      insert into outbox_attempts (outbox_id, account, stage, outcome, reply_code, enhanced_code,
                                   reply, cause, sentence, duration_ms, transcript)
      select id, account, stage, outcome, reply_code, enhanced_code, reply, cause, sentence,
        duration_ms, transcript
      from lines join settled using (id) order by id, place
    )
    select id from settled
  `.execute(db);
  return rows.map(({ id }) => id);
}

function tryOf({ id, settlement, attempts }: Settled) {
  return {
    id,
    status: transitions[settlement.transition].to,
    error: 'error' in settlement ? settlement.error : null,
    retry_in: 'retryInSeconds' in settlement ? settlement.retryInSeconds : null,
    account: attempts.at(-1)?.account,
  };
}

function linesOf({ id, attempts }: Settled) {
  return attempts.map((attempt, place) => ({
    id,
    place,
    account: attempt.account,
    stage: attempt.stage,
    outcome: attempt.outcome,
    reply_code: attempt.replyCode,
    enhanced_code: attempt.enhancedCode,
    reply: attempt.reply,
    cause: attempt.cause,
    sentence: attempt.outcome === 'accepted' ? undefined : attempt.sentence,
    duration_ms: Math.round(attempt.durationMs),
    transcript: attempt.transcript,
  }));
}
