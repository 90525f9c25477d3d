import { type Db, sql } from '#database';
import { type AccountFault, oneMore } from './breaker.js';

/** Seconds in which whoever tries an account has to come back; then another may. */
const PROBE_LEASE = 60;

/** What is known of an account together, by all workers. */
export interface BreakerRow {
  accountId: string;
  /** Of the settings it is about. */
  fingerprint: Buffer;
  /** In a row. */
  failures: number;
  /** Of these. */
  refusedSignIns: number;
  /** Milliseconds from now on; negative: since then one may try; null: it goes on. */
  pausedForMs: number | null;
  lastFailure: string | null;
}

const columns = sql`
  account_id as "accountId", fingerprint, failures, last_failure as "lastFailure",
  refused_sign_ins as "refusedSignIns",
  (extract(epoch from paused_until - now()) * 1000)::float8 as "pausedForMs"`;

export const HEALTH_CHANNEL = 'gatepost_smtp_health';
const notify = sql`select pg_notify(${HEALTH_CHANNEL}, '')`;

export async function readBreakers(db: Db): Promise<BreakerRow[]> {
  const { rows } = await sql<BreakerRow>`select ${columns} from smtp_account_health`.execute(db);
  return rows;
}

/** One may try an account whose pause is over; the others go on waiting. */
export async function takeProbe(db: Db, accountId: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update smtp_account_health
    set probe_until = now() + make_interval(secs => ${PROBE_LEASE})
    where account_id = ${accountId} and paused_until <= now()
      and (probe_until is null or probe_until <= now())
  `.execute(db);
  return numAffectedRows === 1n;
}

/** The try came to nothing that says anything about the account. */
export async function giveProbeBack(db: Db, accountId: string): Promise<void> {
  await sql`
    update smtp_account_health set probe_until = null where account_id = ${accountId}
  `.execute(db);
}

export interface Failure {
  accountId: string;
  fingerprint: Buffer;
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
      select ${columns} from smtp_account_health where account_id = ${accountId} for update
    `.execute(tx);
    const before = written[0];
    const isSame = before?.fingerprint.equals(fingerprint) === true;
    const isPaused = isSame && (before?.pausedForMs ?? -1) > 0 && !isProbe;
    const known = isSame ? before : { failures: 0, refusedSignIns: 0 };
    const now = oneMore(known, fault, isProbe, random);
    // What was begun before the pause is no news of the account.
    const { failures, refusedSignIns } = isPaused ? known : now;
    const { pause } = now;
    const { rows } = await sql<BreakerRow>`
      update smtp_account_health set fingerprint = ${fingerprint}, failures = ${failures},
        refused_sign_ins = ${refusedSignIns},
        paused_until = ${
          isPaused
            ? sql`paused_until`
            : pause > 0
              ? sql`now() + make_interval(secs => ${pause})`
              : null
        },
        probe_until = ${isPaused ? sql`probe_until` : null},
        last_failure_at = now(), last_failure = ${sentence}
      where account_id = ${accountId} returning ${columns}
    `.execute(tx);
    await notify.execute(tx);
    const [after] = rows;
    if (!after) throw new Error('The row just written is gone');
    return after;
  });
}

/** @returns undefined where nothing was known against the account */
export async function recordSuccess(
  db: Db,
  accountId: string,
  fingerprint: Buffer,
  endsPause: boolean,
): Promise<BreakerRow | undefined> {
  const reset = endsPause
    ? sql`, failures = 0, refused_sign_ins = 0, paused_until = null, probe_until = null`
    : sql``;
  const { rows } = await sql<BreakerRow>`
    insert into smtp_account_health as known (account_id, fingerprint, last_success_at)
    values (${accountId}, ${fingerprint}, now())
    on conflict (account_id) do update
    set fingerprint = ${fingerprint}, last_success_at = now() ${reset}
    returning ${columns}
  `.execute(db);
  if (endsPause) await notify.execute(db);
  return rows[0];
}
