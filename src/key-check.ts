import { type Db, sql } from '#database';
import type { Vault } from '#vault';

/** The key is not the one that this database was made with. */
export class WrongSecretKey extends Error {
  constructor() {
    super(
      'SECRET_KEY is not the key that this database was made with, and neither is ' +
        'SECRET_KEY_PREVIOUS. Nothing was started and nothing was changed. Put the original key ' +
        'back (without SECRET_KEY, it is the file secret.key in DATA_DIR). To change the key, set ' +
        'SECRET_KEY to the new one and SECRET_KEY_PREVIOUS to the original.',
    );
  }
}

/**
 * Sees that what is sealed in the database can be opened, before anything is served: with a wrong
 * key every mail in the outbox would fail and every session would end. The first start leaves a
 * mark; while a key is being changed, the mark is sealed again with the new one.
 *
 * @throws {WrongSecretKey}
 */
export async function checkSecretKey(db: Db, vault: Vault): Promise<void> {
  await sql`
    insert into key_check (sealed) values (${vault.seal('key-check', 'gatepost', 'key_check')})
    on conflict do nothing
  `.execute(db);
  const { rows } = await sql<{ sealed: Buffer }>`select sealed from key_check`.execute(db);
  const [mark] = rows;
  if (!mark) throw new Error('The mark just made is gone');
  try {
    vault.open('key-check', mark.sealed, 'key_check');
  } catch {
    throw new WrongSecretKey();
  }
  await sql`
    update key_check set sealed = ${vault.seal('key-check', 'gatepost', 'key_check')}
  `.execute(db);
}
