import { type Db, sql } from '#database';

interface SealedRow {
  id: string;
  sealed: Buffer;
}

/** Rows that are held in memory, and written in one transaction, at once. */
const BATCH = 500;

/**
 * Seals the variables of mails anew, a batch at a time, beside a worker that goes on: a row that
 * has ended or is gone meanwhile is left as it is.
 *
 * @param reseal gives undefined for what needs nothing
 * @returns how many were sealed anew
 */
export async function resealMails(
  db: Db,
  reseal: (sealed: Buffer, id: string) => Buffer | undefined,
): Promise<number> {
  let count = 0;
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const { rows } = await sql<SealedRow>`
      select id, variables as sealed from outbox
      where variables is not null and id > ${after} order by id limit ${BATCH}
    `.execute(db);
    const anew = rows.flatMap(({ id, sealed }) => {
      const resealed = reseal(sealed, id);
      return resealed ? [{ id, sealed: resealed.toString('hex') }] : [];
    });
    if (anew.length > 0) count += await writeMails(db, anew);
    const last = rows.at(-1);
    if (!last) return count;
    after = last.id;
  }
}

async function writeMails(db: Db, anew: readonly { id: string; sealed: string }[]) {
  const { numAffectedRows } = await sql`
    update outbox set variables = decode(anew.sealed, 'hex')
    from jsonb_to_recordset(${JSON.stringify(anew)}::jsonb) as anew (id uuid, sealed text)
    where outbox.id = anew.id and variables is not null
  `.execute(db);
  return Number(numAffectedRows);
}
