import { Injectable } from '@nestjs/common';
import { mailboxOf } from '#address';
import { sql, type Tx } from '#database';
import { type LetThrough, nextAllowedAt, nextAllowedAtOnce, PER_DAY } from './mailbox-limit.js';

/** Whether a mail that a stranger asked for may go out, and when the next one may. */
export interface Admission {
  admitted: boolean;
  /** No mail of this purpose was let through just now. */
  cooledDown: boolean;
  /** The newest mail of this purpose let through, this one included; undefined: none. */
  lastLetThrough: Date | undefined;
  /** The one of this purpose before that. */
  earlier: Date | undefined;
  nextAllowedAt: Date;
  /** Whole seconds until then. */
  retryAfterSeconds: number;
}

/** What a stranger can ask a mail for. */
export type MailPurpose = 'verification' | 'password-reset';

/**
 * The budget of each mailbox for mails that a stranger can trigger. It is kept for addresses
 * without an account too, so that nothing can be told from its answers, and in the database, so
 * that neither a restart nor a second process forgets it.
 */
@Injectable()
export class MailboxBudget {
  /**
   * Counts the mail if it is admitted. Requests for one mailbox wait for each other here.
   *
   * @param options.cooldown false: the first few of an hour need not wait for each other
   */
  async admit(
    tx: Tx,
    address: string,
    purpose: MailPurpose,
    { cooldown = true } = {},
  ): Promise<Admission> {
    const mailbox = mailboxOf(address);
    await sql`
      insert into mailbox_budgets (mailbox, let_through, purposes) values (${mailbox}, '{}', '{}')
      on conflict (mailbox) do nothing
    `.execute(tx);
    const { rows } = await sql<{ now: number; before: LetThrough[] }>`
      select extract(epoch from clock_timestamp())::float8 as now,
        (select coalesce(json_agg(json_build_object(
            'at', extract(epoch from at)::float8, 'purpose', purpose) order by at), '[]')
          from unnest(let_through, purposes) as mail (at, purpose)) as before
      from mailbox_budgets where mailbox = ${mailbox} for update
    `.execute(tx);
    const [budget] = rows;
    if (!budget) throw new Error('The budget row just made is gone');

    const { before } = budget;
    // As it is kept: to the millisecond.
    const now = Math.round(budget.now * 1_000) / 1_000;
    const inTime = nextAllowedAt(before, purpose, now) <= now;
    const admitted = inTime || (!cooldown && nextAllowedAtOnce(before, now) <= now);
    const after = admitted ? [...before, { at: now, purpose }].slice(-PER_DAY) : before;
    if (admitted) await this.#write(tx, mailbox, after);
    return admission(admitted, inTime, after, purpose, now);
  }

  async #write(tx: Tx, mailbox: string, letThrough: LetThrough[]): Promise<void> {
    await sql`
      update mailbox_budgets set
        let_through = array(
          select to_timestamp(at) from unnest(${letThrough.map(({ at }) => at)}::float8[]) as at),
        purposes = ${letThrough.map(({ purpose }) => purpose)}::text[]
      where mailbox = ${mailbox}
    `.execute(tx);
  }
}

function admission(
  admitted: boolean,
  cooledDown: boolean,
  letThrough: LetThrough[],
  purpose: MailPurpose,
  now: number,
): Admission {
  const moments = letThrough.filter((mail) => mail.purpose === purpose).map(({ at }) => dateOf(at));
  const next = Math.max(now, nextAllowedAt(letThrough, purpose, now));
  return {
    admitted,
    cooledDown,
    lastLetThrough: moments.at(-1),
    earlier: moments.at(-2),
    nextAllowedAt: dateOf(next),
    retryAfterSeconds: Math.ceil(next - now),
  };
}

const dateOf = (seconds: number) => new Date(Math.round(seconds * 1_000));
