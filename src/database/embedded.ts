import { PGlite, types } from '@electric-sql/pglite';
import { Kysely, PGliteDialect } from 'kysely';
import { join } from 'node:path';
import type { DatabaseConnection } from './database.js';
import { type DataDirectory, holdDataDirectory } from './data-directory.js';
import { DatabaseUnreachable } from './database.errors.js';
import { PrivateFileSystem } from './private-file-system.js';
import type { Schema } from './schema.js';

/** PGlite in `dataDir`, which is locked for this process until `close`. */
export async function openEmbedded(dataDir: string): Promise<DatabaseConnection> {
  const directory = holdDataDirectory(dataDir);
  try {
    return connect(await openPGlite(directory), directory);
  } catch (error) {
    directory.release();
    throw new DatabaseUnreachable(`in ${dataDir}`, error);
  }
}

function openPGlite(directory: DataDirectory): Promise<PGlite> {
  return PGlite.create({
    fs: new PrivateFileSystem(join(directory.path, 'postgres')),
    parsers: {
      // As node-postgres gives it.
      [types.BYTEA]: (hex: string) => Buffer.from(hex.slice(2), 'hex'),
    },
  });
}

function connect(pglite: PGlite, directory: DataDirectory): DatabaseConnection {
  const db = new Kysely<Schema>({ dialect: new PGliteDialect({ pglite }) });
  return {
    db,
    kind: 'embedded',
    listen: async (channel, onNotification) => {
      const unlisten = await pglite.listen(channel, onNotification);
      return () => unlisten();
    },
    close: async () => {
      await db.destroy();
      directory.release();
    },
  };
}
