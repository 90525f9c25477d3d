import { randomUUID } from 'node:crypto';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

export type DatabaseKind = 'embedded' | 'postgresql';

/** Which database this run of the journeys is on; see jest.config.mjs. */
export const databaseKind = (globalThis as { GATEPOST_DATABASE?: DatabaseKind }).GATEPOST_DATABASE;

/** Settings that lead to a fresh, migrated database of this test's own. */
export interface TestDatabase {
  env: { DATA_DIR: string; DATABASE_URL?: string };
  /** Another one with all that is in it now; nobody may use it meanwhile. */
  copy(): Promise<TestDatabase>;
  drop(): Promise<void>;
}

/** @param of `empty`: not even migrated */
export async function createTestDatabase(
  of: 'template' | 'empty' = 'template',
  kind: DatabaseKind = databaseKind ?? 'embedded',
): Promise<TestDatabase> {
  const template =
    kind === 'postgresql' ? 'gatepost_template' : environment('GATEPOST_TEST_TEMPLATE');
  const empty = kind === 'postgresql' ? 'template0' : undefined;
  return await copyOf(of === 'template' ? template : empty, kind);
}

/** @param source a data directory, or a database's name; undefined: none */
async function copyOf(source: string | undefined, kind: DatabaseKind): Promise<TestDatabase> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-data-'));
  const dataDir = join(directory, 'data');
  const removeDirectory = () => rmSync(directory, { recursive: true, force: true });
  if (kind !== 'postgresql') {
    if (source) cpSync(source, dataDir, { recursive: true });
    return {
      env: { DATA_DIR: dataDir },
      copy: async () => await copyOf(dataDir, kind),
      drop: async () => removeDirectory(),
    };
  }

  const server = environment('GATEPOST_TEST_POSTGRESQL');
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await onServer(`create database ${name} template ${source}`);
  return {
    env: { DATA_DIR: dataDir, DATABASE_URL: `${server}/${name}` },
    copy: async () => await copyOf(name, kind),
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
