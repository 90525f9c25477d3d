export { sql } from 'kysely';
export {
  DATABASE,
  DATABASE_CONNECTION,
  type DatabaseConnection,
  type Db,
  type Tx,
} from './database.js';
export {
  DataDirectoryLocked,
  DataDirectoryUnusable,
  DatabaseUnreachable,
} from './database.errors.js';
export { DatabaseModule } from './database.module.js';
export { migrate } from './migrate.js';
export { comesAfter } from './newest-first.js';
export { openDatabase } from './open.js';
export type { InvitationRow, SmtpAccountHealthRow, SmtpAccountRow, UserRow } from './schema.js';
