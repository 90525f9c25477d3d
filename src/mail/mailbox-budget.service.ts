import { Injectable } from '@nestjs/common';
import { mailboxOf } from '#address';
import { sql, type Tx } from '#database';
import { nextAllowedAt, PER_DAY } from './mailbox-limit.js';

/** Whether a mail that a stranger asked for may go out, and when the next one may. */
export interface Admission {
  admitted: boolean;
  /** The newest mail let through, this one included; undefined: none in the last day. */
  lastLetThrough: Date | undefined;
  nextAllowedAt: Date;
  /** Whole seconds until then. */
  retryAfterSeconds: number;
}

/**
 * The budget of each mailbox for mails that a stranger can trigger. It is kept for addresses
 * without an account too, so that nothing can be told from its answers, and in the database, so
 * that neither a restart nor a second process forgets it.
 */
@Injectable()
export class MailboxBudget {
  /** Counts the mail if it is admitted. Requests for one mailbox wait for each other here. */
  async admit(tx: Tx, address: string): Promise<Admission> {
    const mailbox = mailboxOf(address);
    await sql`
      insert into mailbox_budgets (mailbox, let_through) values (${mailbox}, '{}')
      on conflict (mailbox) do nothing
    `.execute(tx);
    const { rows } = await sql<{ now: number; letThrough: number[] }>`
      select extract(epoch from clock_timestamp())::float8 as now,
        array(select extract(epoch from at)::float8 from unnest(let_through) as at order by at)
          as "letThrough"
      from mailbox_budgets where mailbox = ${mailbox} for update
    `.execute(tx);
    const [budget] = rows;
    if (!budget) throw new Error('The budget row just made is gone');

    const admitted = nextAllowedAt(budget.letThrough, budget.now) <= budget.now;
    const letThrough = admitted ? [...budget.letThrough, budget.now] : budget.letThrough;
    if (admitted) {
      await sql`
        update mailbox_budgets set let_through = array(
          select to_timestamp(at) from unnest(${letThrough.slice(-PER_DAY)}::float8[]) as at)
        where mailbox = ${mailbox}
      `.execute(tx);
    }
    return admission(admitted, letThrough, budget.now);
  }
}

function admission(admitted: boolean, letThrough: number[], now: number): Admission {
  const last = letThrough.at(-1);
  const next = Math.max(now, nextAllowedAt(letThrough, now));
  return {
    admitted,
    lastLetThrough: last === undefined ? undefined : new Date(last * 1_000),
    nextAllowedAt: new Date(next * 1_000),
    retryAfterSeconds: Math.ceil(next - now),
  };
}
