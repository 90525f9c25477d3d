import { comesAfter, type Db, type RawBuilder, sql, type Tx } from '#database';
import type { MailView, TimelineEntry } from './mail.js';
import { mailStatuses, type MailStatus } from './mail-state.js';

const viewColumns = sql`
  id, kind, to_address as "to", locale, status, attempts, account, created_at as "createdAt",
  next_attempt_at as "nextAttemptAt", sent_at as "sentAt", expires_at as "expiresAt",
  last_error as "lastError", message_id as "messageId"`;

/** Which mails, and after which one the page begins; newest first. */
export interface MailFilter {
  status?: MailStatus | undefined;
  kind?: string | undefined;
  to?: string | undefined;
  after?: { at: Date; id: string } | undefined;
}

export async function listMails(db: Db, filter: MailFilter, limit: number): Promise<MailView[]> {
  const { rows } = await pageOf(filter, limit).execute(db);
  return rows;
}

/**
 * A page of each status, from the index `outbox_by_recipient` or `outbox_by_status`, and of these
 * one page.
 */
export function pageOf(filter: MailFilter, limit: number): RawBuilder<MailView> {
  const statuses = filter.status ? [filter.status] : mailStatuses;
  return sql`
    select mail.* from unnest(${statuses}::text[]) as of (status)
    cross join lateral (
      select ${viewColumns} from outbox
      where outbox.status = of.status and ${comesAfter(filter.after)}
        ${filter.kind ? sql`and kind = ${filter.kind}` : sql``}
        ${filter.to ? sql`and to_address = ${filter.to}` : sql``}
      order by created_at desc, id desc limit ${limit}
    ) as mail
    order by "createdAt" desc, id desc limit ${limit}`;
}

export async function findMail(db: Db | Tx, id: string): Promise<MailView | undefined> {
  const { rows } = await sql<MailView>`
    select ${viewColumns} from outbox where id = ${id}
  `.execute(db);
  return rows[0];
}

export async function timelineOf(db: Db, id: string): Promise<TimelineEntry[]> {
  const { rows } = await sql<TimelineEntry>`
    select at, account, stage, outcome, reply_code as "replyCode",
      enhanced_code as "enhancedCode", reply, cause as code, sentence, duration_ms as "durationMs", transcript
    from outbox_attempts where outbox_id = ${id} order by outbox_attempts.id
  `.execute(db);
  return rows;
}

export async function statusesOf(db: Db | Tx, ids: string[]): Promise<Map<string, MailStatus>> {
  const { rows } = await sql<{ id: string; status: MailStatus }>`
    select id, status from outbox where id = any(${ids}::uuid[])
  `.execute(db);
  return new Map(rows.map(({ id, status }) => [id, status]));
}
