import { sql, type Tx } from '#database';
import { cancelledBy } from './cancel.query.js';
import type { NewMail } from './mail.js';

/** Wakes the workers when the transaction commits, and not if it does not. */
export const OUTBOX_CHANNEL = 'gatepost_outbox';

/**
 * Writes the mail, ends those that it replaces and wakes the workers: one statement, since somebody
 * waits for each round trip.
 */
export async function enqueue(tx: Tx, mail: NewMail, sealedVariables: Buffer | null) {
  const ended = mail.status === 'skipped';
  const replaced = mail.replaces
    ? sql`replaced as (${cancelledBy(mail.kind, mail.to, mail.replaces)}),`
    : sql``;
  await sql`
    with ${replaced} written as (
      insert into outbox (id, kind, to_address, locale, status, priority, variables, message_id,
                          expires_at, next_attempt_at, ended_at)
      values (${mail.id}, ${mail.kind}, ${mail.to}, ${mail.locale}, ${mail.status},
              ${mail.priority}, ${ended ? null : sealedVariables}, ${mail.messageId},
              ${mail.expiresAt ?? sql`now() + make_interval(secs => ${mail.lifetimeSeconds})`},
              ${mail.status === 'queued' ? sql`now()` : null}, ${ended ? sql`now()` : null})
      returning status
    )
    select pg_notify(${OUTBOX_CHANNEL}, '') from written where status = 'queued'
  `.execute(tx);
}

export async function notifyWorkers(tx: Tx): Promise<void> {
  await sql`select pg_notify(${OUTBOX_CHANNEL}, '')`.execute(tx);
}
