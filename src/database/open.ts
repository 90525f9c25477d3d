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
 * @throws {DatabaseUnreachable} where there is no answer
 */
export function openDatabase(
  settings: Pick<Settings, 'databaseUrl' | 'dataDir'>,
): Promise<DatabaseConnection> {
  return settings.databaseUrl
    ? openPostgresql(settings.databaseUrl, (error) =>
        logger.warn(`Lost a connection to PostgreSQL: ${error.message}. Opening it again.`),
      )
    : openEmbedded(settings.dataDir);
}
