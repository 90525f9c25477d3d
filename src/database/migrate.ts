import { sql } from 'kysely';
import { DEFAULT_MIGRATION_TABLE, type Migration, Migrator } from 'kysely/migration';
import type { Db } from './database.js';
import { DatabaseOfNewerVersion } from './database.errors.js';
import * as accountsAndOutbox from './migrations/0001-accounts-and-outbox.js';
import * as smtpAccounts from './migrations/0002-smtp-accounts.js';
import * as outboxAtSize from './migrations/0003-outbox-at-size.js';
import * as causes from './migrations/0004-causes.js';
import * as manyWorkers from './migrations/0005-many-workers.js';
import * as refusedSignIns from './migrations/0006-refused-sign-ins.js';
import * as mailsByRecipient from './migrations/0007-mails-by-recipient.js';
import * as healthBySettings from './migrations/0008-health-by-settings.js';

/** In the order of their numbers; a migration that has been released is never changed. */
const migrations: Record<string, Migration> = {
  '0001-accounts-and-outbox': accountsAndOutbox,
  '0002-smtp-accounts': smtpAccounts,
  '0003-outbox-at-size': outboxAtSize,
  '0004-causes': causes,
  '0005-many-workers': manyWorkers,
  '0006-refused-sign-ins': refusedSignIns,
  '0007-mails-by-recipient': mailsByRecipient,
  '0008-health-by-settings': healthBySettings,
};

/**
 * Brings the schema up to date, all or nothing; safe when several processes start at once.
 * @param to the last one that is to run, where that is not the newest
 * @returns the names of the migrations that ran now
 * @throws {DatabaseOfNewerVersion} where one has run that this version does not know
 */
export async function migrate(db: Db, to?: string): Promise<string[]> {
  const migrator = new Migrator({ db, provider: { getMigrations: async () => migrations } });
  const { error, results = [] } = to
    ? await migrator.migrateTo(to)
    : await migrator.migrateToLatest();
  if (error) {
    // Where this can't be read either, the first error is the one to tell.
    const later = await migrationsOfLaterVersions(db).catch(() => []);
    if (later.length > 0) throw new DatabaseOfNewerVersion(later);
    const failed = results.find(({ status }) => status === 'Error');
    throw new Error(
      failed
        ? `The migration ${failed.migrationName} of the database failed`
        : 'The database could not be brought up to date',
      { cause: error },
    );
  }
  return results.map(({ migrationName }) => migrationName);
}

/** Those that have run here and are in no version up to this one. */
async function migrationsOfLaterVersions(db: Db): Promise<string[]> {
  const { rows } = await sql<{ name: string }>`
    select name from ${sql.table(DEFAULT_MIGRATION_TABLE)} order by name`.execute(db);
  return rows.map(({ name }) => name).filter((name) => !(name in migrations));
}
