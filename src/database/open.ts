import { Logger } from '@nestjs/common';
import type { Settings } from '#settings';
import type { DatabaseConnection } from './database.js';
import { openEmbedded } from './embedded.js';
import { openPostgresql } from './postgresql.js';

const logger = new Logger('Database');

/**
 * Opens what the settings name: PostgreSQL at `DATABASE_URL`, else PGlite in `DATA_DIR`.
 *
 * @throws {DataDirectoryLocked} while another process holds the data directory
 * @throws {DataDirectoryFull} where there is no room left to work on
 * @throws {DatabaseUnreachable} where there is no answer
 */
export function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'dataDir'>,
): Promise<DatabaseConnection> {
  const onError = (error: Error) =>
    logger.warn(`Lost a connection to the database: ${error.message}. Opening it again.`);
  return settings.databaseUrl
    ? openPostgresql(settings.databaseUrl, onError)
    : openEmbedded(settings.dataDir);
}
