import { sql, type Tx } from '#database';
import type { NewMail } from './mail.js';

/** Wakes the workers when the transaction commits, and not if it does not. */
export const OUTBOX_CHANNEL = 'gatepost_outbox';

export async function enqueue(tx: Tx, mail: NewMail, sealedVariables: Buffer | null) {
  const ended = mail.status === 'skipped';
  await sql`
    insert into outbox (id, kind, to_address, locale, status, priority, variables, message_id,
                        expires_at, next_attempt_at, ended_at)
    values (${mail.id}, ${mail.kind}, ${mail.to}, ${mail.locale}, ${mail.status}, ${mail.priority},
            ${ended ? null : sealedVariables}, ${mail.messageId},
            ${mail.expiresAt ?? sql`now() + make_interval(secs => ${mail.lifetimeSeconds})`},
            ${mail.status === 'queued' ? sql`now()` : null}, ${ended ? sql`now()` : null})
  `.execute(tx);
  if (mail.status === 'queued') await notifyWorkers(tx);
}

export async function notifyWorkers(tx: Tx): Promise<void> {
  await sql`select pg_notify(${OUTBOX_CHANNEL}, '')`.execute(tx);
}
