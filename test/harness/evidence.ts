import { createHash } from 'node:crypto';
import { type Db, sql } from '#database';
import type { Promised } from './ledger.js';
import type { ReceivedMessage } from './smtp-server.js';

/** A mail as the database has it at the end. Moments are milliseconds since the epoch. */
export interface MailRow {
  readonly id: string;
  readonly kind: string;
  readonly to: string;
  readonly status: string;
  readonly messageId: string;
  readonly attempts: number;
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly error: string | null;
  /** By which it went, or was to go. */
  readonly account: string | null;
}

export interface AttemptRow {
  readonly mailId: string;
  readonly stage: string;
  readonly outcome: string;
  readonly replyCode: number | null;
}

/** A message the server of a test received to its end. */
export interface Arrival {
  readonly messageId: string;
  readonly rcpts: readonly string[];
  /** The address in the To header. */
  readonly headerTo: string;
  /** SHA-256 of its octets, dots unstuffed. */
  readonly digest: string;
  /** `refused`: the server said no; `unsure`: it has it, and its yes may not have been read. */
  readonly answer: 'accepted' | 'refused' | 'unsure';
  readonly mailAt: number;
  readonly doneAt: number;
}

/** Everything that is known once a test is over. */
export interface Evidence {
  readonly promises: readonly Promised[];
  readonly mails: readonly MailRow[];
  readonly attempts: readonly AttemptRow[];
  readonly arrivals: readonly Arrival[];
  /** Milliseconds that health checks took; none where nobody asked. */
  readonly healthMs?: readonly number[];
  /** Secrets that must be nowhere, by name. */
  readonly secrets?: Readonly<Record<string, string>>;
  /** Where they must not be: logs, files, by name. */
  readonly places?: Readonly<Record<string, string>>;
}

export async function readMails(db: Db): Promise<Pick<Evidence, 'mails' | 'attempts'>> {
  const mails = await sql<MailRow>`
    select id, kind, to_address as to, status, message_id as "messageId", attempts,
      (extract(epoch from created_at) * 1000)::float8 as "createdAt",
      (extract(epoch from expires_at) * 1000)::float8 as "expiresAt", last_error as error,
      account
    from outbox order by created_at, id`.execute(db);
  const attempts = await sql<AttemptRow>`
    select outbox_id as "mailId", stage, outcome, reply_code as "replyCode"
    from outbox_attempts order by id`.execute(db);
  return { mails: mails.rows, attempts: attempts.rows };
}

export function arrivalOf(message: ReceivedMessage): Arrival {
  const { raw, rcpts, accepted, replyCode, mailAt, doneAt } = message;
  const head = raw
    .subarray(0, raw.indexOf('\r\n\r\n'))
    .toString('latin1')
    .replace(/\r\n\s/g, ' ');
  const field = (name: string) => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1] ?? '';
  return {
    messageId: field('Message-ID').trim(),
    rcpts,
    headerTo: /<?([^<>\s]+)>?$/.exec(field('To').trim())?.[1] ?? '',
    digest: createHash('sha256').update(raw).digest('hex'),
    answer: accepted ? 'accepted' : replyCode >= 400 ? 'refused' : 'unsure',
    mailAt,
    doneAt,
  };
}
