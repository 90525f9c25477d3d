import { mkdirSync } from 'node:fs';
import { Logger } from '@nestjs/common';
import type { Params } from 'nestjs-pino';
import { type DatabaseConnection, migrate, openDatabase } from '#database';
import type { JudgedSettings } from '#doctor';
import type { SmtpSettings } from '#mailer-config';
import type { Settings } from '#settings';
import { secretKey, Vault } from '#vault';
import { checkSecretKey } from './key-check.js';
import { type BuiltInInbox, startBuiltInInbox, usesBuiltInInbox } from './built-in-inbox.js';

/** What has to be there before the application is put together. */
export interface Ground {
  settings: Settings;
  connection: DatabaseConnection;
  vault: Vault;
  /** By which mail leaves; undefined: it is recorded as skipped. */
  account: SmtpSettings | undefined;
  /** What the doctor says of the settings `account` comes from; undefined: they are not at hand. */
  judged?: JudgedSettings | undefined;
  /** The built-in inbox, when it is what `account` leads to. */
  inbox: BuiltInInbox | undefined;
  logging: Params;
}

const logger = new Logger('Start');

/**
 * Opens the database and brings it up to date, derives the keys, and starts the built-in inbox
 * where no server is configured.
 */
export async function prepareGround(
  settings: Settings,
  smtp: SmtpSettings | undefined,
  logging: Params,
): Promise<Ground> {
  logger.log(
    settings.databaseUrl
      ? 'Connecting to PostgreSQL…'
      : `Opening the embedded database in ${settings.dataDir} (the first time takes a few seconds)…`,
  );
  const connection = await openDatabase(settings);
  try {
    const migrations = await migrate(connection.db);
    logger.log(
      migrations.length > 0
        ? `The database is brought up to date: ${migrations.join(', ')}`
        : 'The database is up to date',
    );
    // With PostgreSQL the directory holds nothing but a generated key.
    mkdirSync(settings.dataDir, { recursive: true, mode: 0o700 });
    const previous = settings.secretKeyPrevious ? [settings.secretKeyPrevious] : [];
    const vault = new Vault(secretKey(settings), ...previous);
    await checkSecretKey(connection.db, vault);
    connection.superviseAnswers();
    const inbox = usesBuiltInInbox(settings, smtp) ? await startBuiltInInbox(settings) : undefined;
    return { settings, connection, vault, logging, inbox, account: smtp ?? inbox?.account };
  } catch (error) {
    await connection.close();
    throw error;
  }
}
