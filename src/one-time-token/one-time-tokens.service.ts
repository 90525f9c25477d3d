import { randomUUID, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, sql, type Tx } from '#database';
import { Vault } from '#vault';
import {
  FRESH_CODE_SECONDS,
  lifetimeSeconds,
  type TokenPurpose,
  TRIES_PER_ADDRESS_AND_HOUR,
  TRIES_PER_CODE,
} from './token-policy.js';
import { isLinkToken, makeCode, makeLinkToken, normalizeCode } from './secret.js';

/** What a code or link stands for. */
export interface Grant {
  /** Id of the code or link itself. */
  readonly id: string;
  /** Canonical address it was mailed to, and which it therefore proves. */
  readonly subject: string;
  /** The id of the user or invitation it is about. */
  readonly reference: string;
}

/** A secret that was just made. It is known here and in the mail, nowhere else. */
export interface Issued {
  readonly secret: string;
  readonly expiresAt: Date;
}

type LinkPurpose = Exclude<TokenPurpose, 'verification-code'>;

/**
 * Codes and links. The database has their HMACs only, with a key that is not in it: the million
 * codes could be tried against a plain hash in a second.
 *
 * Expiry is judged by `clock_timestamp()`: `now()` stands still while a transaction waits for a
 * lock, and a code must not outlive its time in a queue.
 */
@Injectable()
export class OneTimeTokens {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
  ) {}

  /**
   * Makes the one live code of an address: whichever was there before is dead from now on. One
   * statement against the unique index, so that of parallel ones just the last stays.
   */
  async issueCode(tx: Tx, about: { subject: string; reference: string }): Promise<Issued> {
    const secret = makeCode();
    const { rows } = await sql<{ expires_at: Date }>`
      insert into one_time_tokens (id, purpose, subject, reference, digest, expires_at)
      values (${randomUUID()}, 'verification-code', ${about.subject}, ${about.reference},
        ${this.#codeDigest(about.subject, secret)}, ${expiry('verification-code')})
      on conflict (subject)
        where purpose = 'verification-code' and spent_at is null and revoked_at is null
      do update set id = excluded.id, reference = excluded.reference, digest = excluded.digest,
        tries = 0, created_at = excluded.created_at, expires_at = excluded.expires_at
      returning expires_at`.execute(tx);
    return issued(secret, rows);
  }

  /** Whether a code was mailed to this address so shortly ago that nobody needs another. */
  async hasFreshCode(tx: Tx, subject: string): Promise<boolean> {
    const { rows } = await sql`
      select from one_time_tokens
      where purpose = 'verification-code' and subject = ${subject} and ${live}
        and created_at > clock_timestamp() - make_interval(secs => ${FRESH_CODE_SECONDS})
    `.execute(tx);
    return rows.length > 0;
  }

  /** Makes a link. Those that are out already stay valid; see {@link revoke}. */
  async issueLink(
    tx: Tx,
    purpose: LinkPurpose,
    about: { subject: string; reference: string },
  ): Promise<Issued> {
    const secret = makeLinkToken();
    const { rows } = await sql<{ expires_at: Date }>`
      insert into one_time_tokens (id, purpose, subject, reference, digest, expires_at)
      values (${randomUUID()}, ${purpose}, ${about.subject}, ${about.reference},
        ${this.#linkDigest(purpose, secret)}, ${expiry(purpose)})
      returning expires_at`.execute(tx);
    return issued(secret, rows);
  }

  /**
   * Counts a try, for good, and tells whether the code is the right one; {@link spend} it next.
   * Never call it inside a transaction: the count has to stay whatever becomes of the call.
   *
   * @returns undefined for wrong, expired, spent, unknown and used up alike
   */
  async tryCode(subject: string, input: string): Promise<Grant | undefined> {
    const code = normalizeCode(input);
    if (code === undefined) return undefined;
    // Made before the row is known, so that an unknown address costs as much as a known one.
    const given = this.vault.hmacs('one-time-token', 'verification-code', subject, code);
    const tried = await this.#countTry(subject);
    return tried && given.some((digest) => timingSafeEqual(digest, tried.digest))
      ? tried
      : undefined;
  }

  /**
   * Spends what {@link tryCode} found, together with its effect: where the transaction fails, the
   * code stays good.
   * @returns false where it was spent, replaced or out of time meanwhile
   */
  async spend(tx: Tx, grant: Grant): Promise<boolean> {
    const { numAffectedRows } = await sql`
      update one_time_tokens set spent_at = now()
      where id = ${grant.id} and ${live}`.execute(tx);
    return numAffectedRows === 1n;
  }

  /**
   * Whether the code or link of a mail still works; the mail knows its moment of expiry to the
   * millisecond.
   */
  async isLive(purpose: TokenPurpose, subject: string, expiresAt: Date): Promise<boolean> {
    const { rows } = await sql`
      select from one_time_tokens
      where purpose = ${purpose} and subject = ${subject} and ${live}
        and abs(extract(epoch from expires_at - ${expiresAt}::timestamptz)) < 0.002
    `.execute(this.db);
    return rows.length > 0;
  }

  /** What a link stands for, without spending it: pages ask when they are opened. */
  async peekLink(db: Db | Tx, purpose: LinkPurpose, token: string): Promise<Grant | undefined> {
    if (!isLinkToken(token)) return undefined;
    const { rows } = await sql<Grant>`
      select id, subject, reference from one_time_tokens
      where digest = any(${this.vault.hmacs('one-time-token', purpose, token)}) and purpose = ${purpose} and ${live}
    `.execute(db);
    return rows[0];
  }

  /** Ends every live code or link of a purpose that was mailed to this address. */
  async revoke(tx: Tx, purpose: TokenPurpose, subject: string): Promise<void> {
    await sql`
      update one_time_tokens set revoked_at = now()
      where purpose = ${purpose} and subject = ${subject}
        and spent_at is null and revoked_at is null`.execute(tx);
  }

  /** Removes what has been over for a day; no answer depends on it. */
  async purge(): Promise<void> {
    await sql`delete from one_time_tokens where expires_at < now() - interval '1 day'`.execute(
      this.db,
    );
    await sql`delete from code_budgets where window_start < now() - interval '1 day'`.execute(
      this.db,
    );
  }

  /**
   * Both counters in one statement, each raised only while it is below its limit: two hundred
   * guesses at once get five tries, because each waits for the row lock of the one before.
   */
  async #countTry(subject: string): Promise<(Grant & { digest: Buffer }) | undefined> {
    const { rows } = await sql<Grant & { digest: Buffer }>`
      with tried as (
        update one_time_tokens set tries = tries + 1
        where purpose = 'verification-code' and subject = ${subject}
          and tries < ${TRIES_PER_CODE} and ${live}
        returning id, subject, reference, digest
      ), counted as (
        insert into code_budgets as budget (subject, window_start, used)
        select subject, clock_timestamp(), 1 from tried
        on conflict (subject) do update set
          used = case when ${windowIsOver} then 1 else budget.used + 1 end,
          window_start = case when ${windowIsOver} then excluded.window_start
            else budget.window_start end
        where ${windowIsOver} or budget.used < ${TRIES_PER_ADDRESS_AND_HOUR}
        returning subject
      )
      select tried.* from tried join counted using (subject)`.execute(this.db);
    return rows[0];
  }

  #codeDigest(subject: string, code: string): Buffer {
    return this.vault.hmac('one-time-token', 'verification-code', subject, code);
  }

  /** Without the address, which whoever opens a link does not tell. */
  #linkDigest(purpose: LinkPurpose, token: string): Buffer {
    return this.vault.hmac('one-time-token', purpose, token);
  }
}

const live = sql`spent_at is null and revoked_at is null and expires_at > clock_timestamp()`;

const windowIsOver = sql`budget.window_start <= clock_timestamp() - interval '1 hour'`;

const expiry = (purpose: TokenPurpose) =>
  sql`clock_timestamp() + make_interval(secs => ${lifetimeSeconds[purpose]})`;

function issued(secret: string, rows: { expires_at: Date }[]): Issued {
  const [row] = rows;
  if (!row) throw new Error('The code or link that was just made is not there');
  return { secret, expiresAt: row.expires_at };
}
