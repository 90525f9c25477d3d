import { type Db, type RawBuilder, sql, type Tx } from '#database';
import type { ClaimedMail } from './mail.js';

const lastAccount = (outcomes: RawBuilder<unknown>) => sql`
  select attempt.account from outbox_attempts as attempt
  where attempt.outbox_id = outbox.id and attempt.outcome in (${outcomes})
  order by attempt.id desc limit 1`;

/** Seconds after which a worker that is trying a suspect may take another one beside it. */
const SUSPECT_PACE = 2;

/**
 * Takes at most `limit` due mails for `leaseSeconds`, to be sent by `account` (undefined: by none
 * yet).
 *
 * What a person waits for goes first, yet so many of these mails are kept for bulk, where it is due,
 * that a flood of codes never starves the invitations. Each class is read from the front of the
 * index `outbox_due`; rows another worker is taking at this moment are skipped, not waited for.
 * Those that have expired are not: to step over them would take as long as the outage was.
 *
 * Mails with which a worker died are tried one at a time, so that the one to blame is found and the
 * others are cleared by their verdicts. A server that hangs does not hold them up for longer than
 * {@link SUSPECT_PACE}.
 *
 * @param notTo domains of recipients that are left out
 */
export async function claim(
  db: Db | Tx,
  owner: string,
  limit: number,
  leaseSeconds: number,
  account: string | undefined,
  reservedForBulk: number,
  notTo: readonly string[],
): Promise<ClaimedMail[]> {
  const elsewhere =
    notTo.length > 0 ? sql`and split_part(to_address, '@', 2) <> all(${notTo}::text[])` : sql``;
  const dueOf = (priority: number) => sql`
    select id, next_attempt_at from outbox
    where status = 'queued' and priority = ${priority} and suspicion <= 0
      and next_attempt_at <= now() ${elsewhere}
    order by next_attempt_at, id limit ${limit} for update skip locked`;
  const { rows } = await sql<ClaimedMail>`
    with urgent as (${dueOf(0)}), notices as (${dueOf(1)}), bulk as (${dueOf(2)}),
    suspect as (
      select id, next_attempt_at from outbox
      where status = 'queued' and suspicion > 0 and next_attempt_at <= now()
        and not exists (
          select from outbox as tried
          where status = 'sending' and suspicion > 0 and lease_owner = ${owner}
            and lease_until > now() + make_interval(secs => ${leaseSeconds - SUSPECT_PACE}))
      order by next_attempt_at, id limit 1 for update skip locked
    ),
    ranked as (
      select id, next_attempt_at, 1 as rank from urgent
      union all select id, next_attempt_at, 1 from suspect
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
      case when attempts > 1 then (${lastAccount(sql`'deferred', 'unknown'`)}) end as "deferredBy",
      case when attempts > 1 then (${lastAccount(sql`'unknown'`)}) end as "handedTo",
      (extract(epoch from expires_at - now()) * 1000)::float8 as "expiresInMs"
  `.execute(db);
  return rows;
}
