import { type Db, sql, type Tx } from '#database';

/** Seconds in which a person has to answer. */
export const CONSENT_LIFETIME = 600;

/** A consent that was asked for. */
export interface OpenConsent {
  readonly accountId: string;
  /** Of the settings it was asked with. */
  readonly fingerprint: Buffer;
  readonly redirectUri: string;
  /** Sealed. */
  readonly codeVerifier: Buffer;
}

/** @returns when it runs out */
export async function openConsent(db: Db, state: Buffer, consent: OpenConsent): Promise<Date> {
  await sql`delete from oauth2_consents where expires_at < clock_timestamp()`.execute(db);
  const { expires_at } = await db
    .insertInto('oauth2_consents')
    .values({
      state,
      account_id: consent.accountId,
      fingerprint: consent.fingerprint,
      redirect_uri: consent.redirectUri,
      code_verifier: consent.codeVerifier,
      expires_at: sql<Date>`clock_timestamp() + make_interval(secs => ${CONSENT_LIFETIME})`,
    })
    .returning('expires_at')
    .executeTakeFirstOrThrow();
  return expires_at;
}

/** Whoever answers it has it, once. @returns undefined where there is none, or it has run out */
export async function spendConsent(db: Db, states: Buffer[]): Promise<OpenConsent | undefined> {
  const { rows } = await sql<OpenConsent>`
    delete from oauth2_consents
    where state = any(${states}) and expires_at > clock_timestamp()
    returning account_id as "accountId", fingerprint, redirect_uri as "redirectUri",
      code_verifier as "codeVerifier"`.execute(db);
  return rows[0];
}

/** Ends the pause of an account that can sign in again, in every process. */
export async function endPause(tx: Tx, accountId: string): Promise<void> {
  await sql`
    update smtp_account_health set paused_until = now()
    where account_id = ${accountId} and paused_until > now()`.execute(tx);
  await sql`select pg_notify('gatepost_smtp_health', '')`.execute(tx);
}
