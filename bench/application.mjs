// The one file that knows how Gatepost is put together: its settings, a worker, the transport alone,
// the renderer alone. Every row reaches it by these functions, so only they change with the product.
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { loadConfiguration } from '../dist/configuration.js';
import { DATABASE } from '../dist/database/index.js';
import { GatepostModule } from '../dist/gatepost.module.js';
import { prepareGround } from '../dist/ground.js';
import { loggingParams } from '../dist/logging.js';
import { MailService } from '../dist/mail/index.js';
import { Renderer } from '../dist/message/index.js';
import { Outbox } from '../dist/outbox/index.js';
import { startServer } from '../dist/server.js';
import { SmtpSender } from '../dist/smtp/index.js';
import { UserRepository } from '../dist/user/index.js';

Logger.overrideLogger(false);

export const SENDER = { name: 'Bench', address: 'no-reply@bench.gatepost.dev' };
export const PRODUCT = { appName: 'Gatepost', adminWebUrl: 'https://app.bench.gatepost.dev' };

const directories = [];
process.once('exit', () => {
  for (const directory of directories) rmSync(directory, { recursive: true, force: true });
});

/** Gone when the process ends. */
export function temporaryDirectory() {
  const directory = mkdtempSync(join(tmpdir(), 'gatepost-bench-'));
  directories.push(directory);
  return directory;
}

export function configurationOf(env) {
  const configuration = loadConfiguration({
    env: {
      PORT: '0',
      LOG_LEVEL: 'silent',
      RATE_LIMIT: 'off',
      ADMIN_WEB_URL: PRODUCT.adminWebUrl,
      SMTP_HOST: '127.0.0.1',
      SMTP_SENDER: `${SENDER.name} <${SENDER.address}>`,
      ...env,
    },
  });
  if (!configuration.ok) throw new Error(JSON.stringify(configuration.faults, undefined, 2));
  return configuration;
}

async function contextOf(role, env, databaseUrl) {
  const { settings, smtp } = configurationOf({
    DATA_DIR: temporaryDirectory(),
    ...(databaseUrl && { DATABASE_URL: databaseUrl }),
    ...env,
  });
  const ground = await prepareGround(settings, smtp, loggingParams(settings));
  const module = GatepostModule.forRoot(ground, role);
  const app = await NestFactory.createApplicationContext(module, { logger: false });
  const get = (token) => app.get(token, { strict: false });
  return { ground, app, get, db: get(DATABASE), mail: get(MailService), outbox: get(Outbox) };
}

/**
 * A worker as in production, and beside it what puts mails into its outbox.
 *
 * @param databaseUrl undefined: the embedded database, in a directory of its own
 */
export async function startWorker({ port, databaseUrl, env = {} }) {
  const worker = await contextOf('worker', { SMTP_PORT: String(port), ...env }, databaseUrl);
  return {
    ...worker,
    vault: worker.ground.vault,
    /** @returns mails that have not ended */
    async waiting() {
      const { waiting } = await worker.outbox.size();
      return Object.values(waiting).reduce((sum, mails) => sum + mails, 0);
    },
    close: () => worker.app.close(),
  };
}

/**
 * The program with its API, on an embedded database of its own.
 *
 * @param people addresses of those who may ask for a reset of their password
 */
export async function startApi({ port, people }) {
  const { settings, smtp } = configurationOf({
    SMTP_PORT: String(port),
    DATA_DIR: temporaryDirectory(),
  });
  const { app, url, close } = await startServer(settings, smtp);
  const db = app.get(DATABASE, { strict: false });
  const users = people.map((email) => ({ id: randomUUID(), email, ...PERSON, status: 'active' }));
  for (let i = 0; i < users.length; i += 500)
    await db
      .insertInto('users')
      .values(users.slice(i, i + 500))
      .execute();
  return { url, close };
}

/** What is the same for everybody. */
const PERSON = { name: null, locale: 'en', role: 'member', password_hash: null };

/** What writes users and mails in one transaction, and delivers nothing. */
export async function openRegistrations(databaseUrl) {
  const { get, db, mail, app } = await contextOf('command', { SMTP_PORT: '9' }, databaseUrl);
  const users = get(UserRepository);
  return {
    db,
    mail,
    addUser: (tx, email) => users.insert(tx, { email, ...PERSON, status: 'unverified' }),
    close: () => app.close(),
  };
}

export const openRenderer = () => new Renderer(PRODUCT);

/**
 * The transport alone, without a database.
 *
 * @param window mails on their way on one connection; undefined: what the transport finds best
 */
export function openTransport({ port, connections, window, env = {} }) {
  const { smtp: account } = configurationOf({
    SMTP_PORT: String(port),
    SMTP_MAX_CONNECTIONS: String(connections),
    ...(window && { SMTP_MAX_IN_FLIGHT: String(window) }),
    ...env,
  });
  const sender = new SmtpSender();
  return {
    /** Resolves when the server has taken it, and rejects otherwise. */
    async send(message) {
      const { outcome, sentence } = await sender.send(account, message);
      if (outcome !== 'accepted') throw new Error(sentence);
    },
    close: () => sender.close(),
  };
}
