import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { askControlSocket, type CommandInput, Commands } from '#command';
import { DataDirectoryLocked, migrate, openDatabase } from '#database';
import type { ValidConfiguration } from './configuration-or-exit.js';
import { GatepostModule } from './gatepost.module.js';
import { prepareGround } from './ground.js';
import { loggingParams, nestLogger } from './logging.js';

/**
 * Carries out a command on the database: directly, or, while a server holds the embedded
 * database, through that server's control socket.
 */
export async function runCommand(
  { settings, smtp }: ValidConfiguration,
  command: CommandInput,
): Promise<string> {
  const logging = loggingParams({ logLevel: 'warn' });
  Logger.overrideLogger(nestLogger(logging));
  try {
    const ground = await prepareGround(settings, smtp, logging);
    const app = await NestFactory.createApplicationContext(
      GatepostModule.forRoot(ground, 'command'),
      { logger: ['warn', 'error'] },
    );
    try {
      return await app.get(Commands, { strict: false }).run(command);
    } finally {
      await app.close();
      // It is no module of this application, and would keep the process alive.
      await ground.inbox?.server.stop();
    }
  } catch (error) {
    if (!(error instanceof DataDirectoryLocked)) throw error;
    return askControlSocket(settings.dataDir, command);
  }
}

/** Brings the schema up to date. @returns what was done, for people */
export async function runMigrations({ settings }: ValidConfiguration): Promise<string> {
  Logger.overrideLogger(['warn', 'error']);
  try {
    const connection = await openDatabase(settings);
    try {
      const done = await migrate(connection.db);
      return done.length > 0 ? `Migrated: ${done.join(', ')}` : 'The database is up to date.';
    } finally {
      await connection.close();
    }
  } catch (error) {
    // A server migrates at its start, so the database it holds is up to date.
    if (error instanceof DataDirectoryLocked)
      return `The server with PID ${error.holderPid ?? '?'} holds the database and has brought it up to date.`;
    throw error;
  }
}
