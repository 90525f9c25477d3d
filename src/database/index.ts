export { type RawBuilder, sql } from 'kysely';
export { assertWritable, READ_ONLY } from './assert-writable.js';
export {
  DATABASE,
  DATABASE_CONNECTION,
  type DatabaseConnection,
  type Db,
  type Tx,
} from './database.js';
export {
  DataDirectoryFull,
  DataDirectoryLocked,
  DataDirectoryUnusable,
  DatabaseOfNewerVersion,
  DatabaseUnreachable,
  StorageLow,
} from './database.errors.js';
export { DatabaseModule } from './database.module.js';
export { migrate } from './migrate.js';
export { comesAfter } from './newest-first.js';
export { openDatabase } from './open.js';
export type { StorageLevel } from './storage.js';
export type { InvitationRow, SmtpAccountHealthRow, SmtpAccountRow, UserRow } from './schema.js';
