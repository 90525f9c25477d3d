import { type Db, sql } from '#database';
import { type AccountFault, LONGEST_PAUSE, oneMore } from './breaker.js';
import { isOver } from './is-over.js';

/** Seconds in which whoever tries an account has to come back; then another may. */
const PROBE_LEASE = 60;

/** Days after which what is known of settings that nobody has any more is removed. */
const KEPT_DAYS = 30;

/** Which row: those of other settings are other rows. */
export interface BreakerKey {
  accountId: string;
  fingerprint: Buffer;
}

/** What is known of an account with such settings together, by all workers. */
export interface BreakerRow extends BreakerKey {
  /** In a row. */
  failures: number;
  /** Of these. */
  refusedSignIns: number;
  /** Milliseconds from now on; 0: one may try; null: it goes on. */
  pausedForMs: number | null;
  lastFailure: string | null;
}

const isPauseOver = isOver(sql`paused_until`, LONGEST_PAUSE);
const columns = sql`
  account_id as "accountId", fingerprint, failures, last_failure as "lastFailure",
  refused_sign_ins as "refusedSignIns",
  case when ${isPauseOver} then 0
    else (extract(epoch from paused_until - now()) * 1000)::float8 end as "pausedForMs"`;

export const HEALTH_CHANNEL = 'gatepost_smtp_health';
const notify = sql`pg_notify(${HEALTH_CHANNEL}, '')`;

const where = ({ accountId, fingerprint }: BreakerKey) =>
  sql`account_id = ${accountId} and fingerprint = ${fingerprint}`;

export async function readBreakers(db: Db): Promise<BreakerRow[]> {
  const { rows } = await sql<BreakerRow>`select ${columns} from smtp_account_health`.execute(db);
  return rows;
}

/** @returns undefined where nothing is known */
export async function readBreaker(db: Db, key: BreakerKey): Promise<BreakerRow | undefined> {
  const { rows } = await sql<BreakerRow>`
    select ${columns} from smtp_account_health where ${where(key)}
  `.execute(db);
  return rows[0];
}

/** One may try an account whose pause is over; the others go on waiting. */
export async function takeProbe(db: Db, key: BreakerKey): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update smtp_account_health
    set probe_until = now() + make_interval(secs => ${PROBE_LEASE})
    where ${where(key)} and ${isPauseOver}
      and (probe_until is null or ${isOver(sql`probe_until`, PROBE_LEASE)})
  `.execute(db);
  return numAffectedRows === 1n;
}

/** The try came to nothing that says anything about the account. */
export async function giveProbeBack(db: Db, key: BreakerKey): Promise<void> {
  await sql`
    update smtp_account_health set probe_until = null where ${where(key)}
  `.execute(db);
}

/** Whoever tried an account is dead. */
export async function endProbes(db: Db): Promise<void> {
  await sql`
    update smtp_account_health set probe_until = null where probe_until is not null
  `.execute(db);
}

export interface Failure extends BreakerKey {
  fault: AccountFault;
  sentence: string;
  /** Was it the one try after a pause? Others, begun before the pause, do not lengthen it. */
  isProbe: boolean;
  random: number;
}

/** Counts a failure, and leaves the account alone for as long as the policy says. */
export function recordFailure(db: Db, failure: Failure): Promise<BreakerRow> {
  const { accountId, fingerprint, fault, sentence, isProbe, random } = failure;
  return db.transaction().execute(async (tx) => {
    await sql`
      insert into smtp_account_health (account_id, fingerprint)
      values (${accountId}, ${fingerprint}) on conflict do nothing
    `.execute(tx);
    const { rows: written } = await sql<BreakerRow>`
      select ${columns} from smtp_account_health where ${where(failure)} for update
    `.execute(tx);
    const before = theOne(written);
    const isPaused = (before.pausedForMs ?? 0) > 0 && !isProbe;
    const now = oneMore(before, fault, isProbe, random);
    // What was begun before the pause is no news of the account.
    const { failures, refusedSignIns } = isPaused ? before : now;
    const { pause } = now;
    const { rows } = await sql<BreakerRow>`
      update smtp_account_health set failures = ${failures}, refused_sign_ins = ${refusedSignIns},
        paused_until = ${
          isPaused
            ? sql`paused_until`
            : pause > 0
              ? sql`now() + make_interval(secs => ${pause})`
              : null
        },
        probe_until = ${isPaused ? sql`probe_until` : null},
        last_failure_at = now(), last_failure = ${sentence}
      where ${where(failure)} returning ${columns}, ${notify}
    `.execute(tx);
    return theOne(rows);
  });
}

/** @param endsPause nothing is held against the account any more, and all others hear of it */
export async function recordSuccess(
  db: Db,
  { accountId, fingerprint }: BreakerKey,
  endsPause: boolean,
): Promise<BreakerRow> {
  const reset = endsPause
    ? sql`, failures = 0, refused_sign_ins = 0, paused_until = null, probe_until = null`
    : sql``;
  const { rows } = await sql<BreakerRow>`
    with forgotten as (
      delete from smtp_account_health
      where account_id = ${accountId} and fingerprint <> ${fingerprint}
        and greatest(last_success_at, last_failure_at) < now() - make_interval(days => ${KEPT_DAYS})
    )
    insert into smtp_account_health (account_id, fingerprint, last_success_at)
    values (${accountId}, ${fingerprint}, now())
    on conflict (account_id, fingerprint) do update set last_success_at = now() ${reset}
    returning ${columns} ${endsPause ? sql`, ${notify}` : sql``}
  `.execute(db);
  return theOne(rows);
}

function theOne(rows: readonly BreakerRow[]): BreakerRow {
  const [row] = rows;
  if (!row) throw new Error('The row just written is gone');
  return row;
}
