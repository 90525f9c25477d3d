import { type Db, sql, type Tx } from '#database';
import type { Vault } from '#vault';
import type { HeldTokens, TokenState } from './token-state.js';

/** Seconds in which whoever asks for a token has to come back; longer than the request may take. */
const LEASE = 20;

/** Seconds for which an early request that failed is not repeated. */
const PAUSE = 30;

/** Days after which tokens of settings that nobody has any more are removed. */
const KEPT_DAYS = 30;

/** Which row: those of other settings are other rows. */
export interface TokenKey {
  readonly accountId: string;
  readonly fingerprint: Buffer;
}

/** The right to ask the provider, until it is given back or runs out. */
export interface TokenLease {
  readonly until: Date;
}

interface Row {
  account_id: string;
  sealed: Buffer | null;
  is_fresh: boolean | null;
  is_alive: boolean | null;
  needs_consent: string | null;
  refreshing_until: Date | null;
}

const columns = sql`account_id, sealed, needs_consent, refreshing_until,
  refresh_at > clock_timestamp() as is_fresh, access_expires_at > clock_timestamp() as is_alive`;

const where = ({ accountId, fingerprint }: TokenKey) =>
  sql`account_id = ${accountId} and fingerprint = ${fingerprint}`;

export async function readTokens(
  db: Db | Tx,
  vault: Vault,
  key: TokenKey,
): Promise<TokenState | undefined> {
  const { rows } = await sql<Row>`
    select ${columns} from oauth2_tokens where ${where(key)}`.execute(db);
  return rows[0] && stateIn(rows[0], vault);
}

/** @returns undefined while somebody else has the right to ask */
export async function claimRefresh(
  db: Db,
  vault: Vault,
  { accountId, fingerprint }: TokenKey,
): Promise<{ lease: TokenLease; state: TokenState } | undefined> {
  const { rows } = await sql<Row>`
    insert into oauth2_tokens as held (account_id, fingerprint, refreshing_until)
    values (${accountId}, ${fingerprint}, clock_timestamp() + make_interval(secs => ${LEASE}))
    on conflict (account_id, fingerprint) do update
    set refreshing_until = excluded.refreshing_until
    where held.refreshing_until is null or held.refreshing_until <= clock_timestamp()
    returning ${columns}`.execute(db);
  const [row] = rows;
  if (!row?.refreshing_until) return undefined;
  return { lease: { until: row.refreshing_until }, state: stateIn(row, vault) };
}

/** From now on nobody takes the access token for good: a server has refused it. */
export async function discardAccessToken(db: Db, key: TokenKey): Promise<void> {
  await sql`
    update oauth2_tokens set refresh_at = null, access_expires_at = null
    where ${where(key)}`.execute(db);
}

/** @param pause what is held still works: let nobody ask again for a while */
export async function releaseRefresh(
  db: Db,
  key: TokenKey,
  { until }: TokenLease,
  pause: boolean,
): Promise<void> {
  const next = pause ? sql`clock_timestamp() + make_interval(secs => ${PAUSE})` : sql`null`;
  await sql`
    update oauth2_tokens set refreshing_until = ${next}
    where ${where(key)} and refreshing_until = ${until}`.execute(db);
}

/** Locks the row until the transaction ends. */
export async function lockTokens(tx: Tx, key: TokenKey): Promise<void> {
  await sql`select from oauth2_tokens where ${where(key)} for update`.execute(tx);
}

/** @param seconds until another one is wanted, and until this one ends (undefined: unknown) */
export async function writeTokens(
  tx: Tx,
  vault: Vault,
  key: TokenKey,
  held: HeldTokens,
  seconds: { readonly fresh: number; readonly alive: number | undefined },
): Promise<void> {
  const sealed = vault.seal('oauth2', JSON.stringify(held), key.accountId);
  await sql`
    insert into oauth2_tokens as held
      (account_id, fingerprint, sealed, refresh_at, access_expires_at)
    values (${key.accountId}, ${key.fingerprint}, ${sealed},
      clock_timestamp() + make_interval(secs => ${seconds.fresh}),
      clock_timestamp() + make_interval(secs => ${seconds.alive ?? null}))
    on conflict (account_id, fingerprint) do update
    set sealed = excluded.sealed, refresh_at = excluded.refresh_at,
      access_expires_at = excluded.access_expires_at, refreshing_until = null,
      needs_consent = null, updated_at = clock_timestamp()`.execute(tx);
  await sql`
    delete from oauth2_tokens
    where account_id = ${key.accountId} and fingerprint <> ${key.fingerprint}
      and updated_at < now() - make_interval(days => ${KEPT_DAYS})`.execute(tx);
}

/** @returns whether that is news */
export async function markNeedsConsent(tx: Tx, key: TokenKey, sentence: string): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update oauth2_tokens
    set needs_consent = ${sentence}, refresh_at = null, access_expires_at = null,
      refreshing_until = null, updated_at = clock_timestamp()
    where ${where(key)} and needs_consent is null`.execute(tx);
  return numAffectedRows === 1n;
}

/** How the tokens of an account stand, for people. */
export interface TokenHealth {
  readonly tokenExpiresAt: Date | undefined;
  /** A sentence; undefined while tokens can be got. */
  readonly needsConsent: string | undefined;
}

export async function readTokenHealth(
  db: Db,
): Promise<{ accountId: string; fingerprint: Buffer; health: TokenHealth }[]> {
  const { rows } = await sql<{
    account_id: string;
    fingerprint: Buffer;
    access_expires_at: Date | null;
    needs_consent: string | null;
  }>`
    select account_id, fingerprint, access_expires_at, needs_consent
    from oauth2_tokens`.execute(db);
  return rows.map((row) => ({
    accountId: row.account_id,
    fingerprint: row.fingerprint,
    health: {
      tokenExpiresAt: row.access_expires_at ?? undefined,
      needsConsent: row.needs_consent ?? undefined,
    },
  }));
}

function stateIn(row: Row, vault: Vault): TokenState {
  return {
    held: heldIn(row, vault),
    isFresh: row.is_fresh ?? false,
    isAlive: row.is_alive ?? row.is_fresh ?? false,
    needsConsent: row.needs_consent ?? undefined,
  };
}

/** What a key sealed that is gone is gone too: then the account begins anew, or needs consent. */
function heldIn({ sealed, account_id }: Row, vault: Vault): HeldTokens {
  if (!sealed) return {};
  try {
    return JSON.parse(vault.open('oauth2', sealed, account_id).toString()) as HeldTokens;
  } catch {
    return {};
  }
}
