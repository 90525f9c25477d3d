import { forgetCheckup } from './checkup.query.js';
import { type Db, type SmtpAccountRow, sql, type Tx } from '#database';

/** Notified with each commit that changes an account, or which one is asked first. */
export const ACCOUNTS_CHANNEL = 'gatepost_smtp_accounts';

/** What an operator sets; the rest of a row is ours. */
export type AccountContent = Pick<SmtpAccountRow, 'name' | 'enabled' | 'priority' | 'secrets'> & {
  /** JSON. */
  settings: string;
};

/** In the order in which delivery asks them, but for the default one; disabled ones too. */
export function listAccounts(db: Db | Tx): Promise<SmtpAccountRow[]> {
  return db
    .selectFrom('smtp_accounts')
    .selectAll()
    .orderBy('priority')
    .orderBy('created_at')
    .orderBy('id')
    .execute();
}

export function findAccount(db: Db | Tx, id: string): Promise<SmtpAccountRow | undefined> {
  return db.selectFrom('smtp_accounts').selectAll().where('id', '=', id).executeTakeFirst();
}

/** Reads a row that nobody else changes until the transaction ends. */
export function lockAccount(tx: Tx, id: string): Promise<SmtpAccountRow | undefined> {
  return tx
    .selectFrom('smtp_accounts')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirst();
}

export function insertAccount(
  tx: Tx,
  id: string,
  content: AccountContent,
): Promise<SmtpAccountRow> {
  return tx
    .insertInto('smtp_accounts')
    .values({ id, ...content })
    .returningAll()
    .executeTakeFirstOrThrow();
}

export function updateAccount(
  tx: Tx,
  id: string,
  content: Partial<AccountContent>,
): Promise<SmtpAccountRow> {
  return tx
    .updateTable('smtp_accounts')
    .set({ ...content, updated_at: sql<Date>`now()` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/** With all that is known of it. @returns false where there was none */
export async function removeAccount(tx: Tx, id: string): Promise<boolean> {
  const { numDeletedRows } = await tx
    .deleteFrom('smtp_accounts')
    .where('id', '=', id)
    .executeTakeFirst();
  await tx.deleteFrom('smtp_account_health').where('account_id', '=', id).execute();
  await tx.deleteFrom('smtp_connection_slots').where('account_id', '=', id).execute();
  await forgetCheckup(tx, id);
  await forgetTokens(tx, id);
  return numDeletedRows === 1n;
}

/** What was got for an account in one place is not carried to another. */
export async function forgetTokens(tx: Tx, id: string): Promise<void> {
  await tx.deleteFrom('oauth2_tokens').where('account_id', '=', id).execute();
  await tx.deleteFrom('oauth2_consents').where('account_id', '=', id).execute();
}

/** The one that was chosen to be asked first; undefined where it is for the rule to say. */
export async function defaultAccountId(db: Db | Tx): Promise<string | undefined> {
  const row = await db.selectFrom('smtp_default_account').select('account_id').executeTakeFirst();
  return row?.account_id;
}

export async function chooseDefault(tx: Tx, id: string): Promise<void> {
  await tx
    .insertInto('smtp_default_account')
    .values({ account_id: id })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ account_id: id }))
    .execute();
}

/** @param id only where it is this one; else whichever it is */
export async function unchooseDefault(tx: Tx, id?: string): Promise<void> {
  await tx
    .deleteFrom('smtp_default_account')
    .$if(id !== undefined, (query) => query.where('account_id', '=', id ?? ''))
    .execute();
}

/** Tells every process, once this transaction is committed. */
export async function notifyOfAccounts(tx: Tx): Promise<void> {
  await sql`select pg_notify(${ACCOUNTS_CHANNEL}, '')`.execute(tx);
}
