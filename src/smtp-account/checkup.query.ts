import { type Db, sql, type Tx } from '#database';

/** Minutes in which what one process has looked at is not looked at again by the others. */
const ENOUGH = 10;

/** What the doctor last said of an account. */
export interface CheckupRow {
  accountId: string;
  /** Of the settings that he saw. */
  fingerprint: Buffer;
  code: string;
  title: string;
  at: Date;
}

/** Whoever gets it looks at the account; the other processes that start now need not. */
export async function claimCheckup(
  db: Db,
  accountId: string,
  fingerprint: Buffer,
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    insert into smtp_account_checks as known (account_id, fingerprint)
    values (${accountId}, ${fingerprint})
    on conflict (account_id) do update
    set fingerprint = excluded.fingerprint, at = now(), code = null, title = null
    where known.fingerprint <> excluded.fingerprint
      or known.at < now() - make_interval(mins => ${ENOUGH})
  `.execute(db);
  return numAffectedRows === 1n;
}

export async function noteCheckup(db: Db, row: Omit<CheckupRow, 'at'>): Promise<void> {
  const { accountId, fingerprint, code, title } = row;
  await sql`
    insert into smtp_account_checks (account_id, fingerprint, code, title)
    values (${accountId}, ${fingerprint}, ${code}, ${title})
    on conflict (account_id) do update
    set fingerprint = excluded.fingerprint, at = now(), code = excluded.code, title = excluded.title
  `.execute(db);
}

export async function readCheckups(db: Db): Promise<CheckupRow[]> {
  const { rows } = await sql<CheckupRow>`
    select account_id as "accountId", fingerprint, code, title, at
    from smtp_account_checks where code is not null
  `.execute(db);
  return rows;
}

export async function forgetCheckup(tx: Tx, accountId: string): Promise<void> {
  await tx.deleteFrom('smtp_account_checks').where('account_id', '=', accountId).execute();
}
