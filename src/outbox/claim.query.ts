import { type Db, sql, type Tx } from '#database';
import type { ClaimedMail } from './mail.js';

/**
 * Takes at most `limit` due mails for `leaseSeconds`, to be sent by `account` (undefined: by none
 * yet).
 *
 * What a person waits for goes first, yet a fifth of each batch is kept for bulk, so that a flood
 * of codes never starves the invitations. Each class is read from the front of the index
 * `outbox_due`; rows another worker is taking at this moment are skipped, not waited for.
 */
export async function claim(
  db: Db | Tx,
  owner: string,
  limit: number,
  leaseSeconds: number,
  account: string | undefined,
): Promise<ClaimedMail[]> {
  const reservedForBulk = Math.floor(limit / 5);
  const dueOf = (priority: number) => sql`
    select id, next_attempt_at from outbox
    where status = 'queued' and priority = ${priority}
      and next_attempt_at <= now() and expires_at > now()
    order by next_attempt_at, id limit ${limit} for update skip locked`;
  const { rows } = await sql<ClaimedMail>`
    with urgent as (${dueOf(0)}), notices as (${dueOf(1)}), bulk as (${dueOf(2)}),
    ranked as (
      select id, next_attempt_at, 1 as rank from urgent
      union all select id, next_attempt_at, 2 from notices
      union all select id, next_attempt_at,
        case when row_number() over (order by next_attempt_at, id) <= ${reservedForBulk}
          then 0 else 3 end from bulk
    ),
    picked as (select id from ranked order by rank, next_attempt_at, id limit ${limit})
    update outbox set status = 'sending', attempts = attempts + 1, lease_owner = ${owner},
      lease_until = now() + make_interval(secs => ${leaseSeconds}), next_attempt_at = null,
      account = coalesce(${account ?? null}, outbox.account)
    from picked where outbox.id = picked.id
    returning outbox.id, kind, to_address as "to", locale, message_id as "messageId",
      created_at as "createdAt", expires_at as "expiresAt", attempts,
      variables as "sealedVariables",
      case when attempts > 1 then (
        select attempt.account from outbox_attempts as attempt
        where attempt.outbox_id = outbox.id and attempt.outcome in ('deferred', 'unknown')
        order by attempt.id desc limit 1
      ) end as "deferredBy",
      (extract(epoch from expires_at - now()) * 1000)::float8 as "expiresInMs"
  `.execute(db);
  return rows;
}
