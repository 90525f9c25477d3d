import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

/** Which database this run of the journeys is on; see jest.config.mjs. */
export const databaseKind = (globalThis as { GATEPOST_DATABASE?: 'embedded' | 'postgresql' })
  .GATEPOST_DATABASE;

/** Settings that lead to a fresh, migrated database of this test's own. */
export interface TestDatabase {
  env: { DATA_DIR: string; DATABASE_URL?: string };
  drop(): Promise<void>;
}

export async function createTestDatabase(): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-data-'));
  const dataDir = join(directory, 'data');
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true });
  if (databaseKind !== 'postgresql') {
    cpSync(environment('GATEPOST_TEST_TEMPLATE'), dataDir, { recursive: true });
    return { env: { DATA_DIR: dataDir }, drop: async () => removeDirectory() };
  }

  const server = environment('GATEPOST_TEST_POSTGRESQL');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`create database ${name} template gatepost_template`);
  return {
    env: { DATA_DIR: dataDir, DATABASE_URL: `${server}/${name}` },
    drop: async () => {
      removeDirectory();
      await onServer(`drop database ${name} with (force)`);
    },
  };
}

async function onServer(statement: string): Promise<void> {
  const client = new pg.Client(`${environment('GATEPOST_TEST_POSTGRESQL')}/postgres`);
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

function environment(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set; run the tests with npm test`);
  return value;
}
