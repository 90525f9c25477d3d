import { Logger } from '@nestjs/common';
import { Kysely, PostgresDialect } from 'kysely';
import { join } from 'node:path';
import pg from 'pg';
import { atMost } from './at-most.js';
import type { DatabaseConnection } from './database.js';
import { type DataDirectory, holdDataDirectory } from './data-directory.js';
import { DatabaseUnreachable, DataDirectoryFull } from './database.errors.js';
import { EmbeddedKeeper } from './embedded-keeper.js';
import { EmbeddedStream } from './embedded-stream.js';
import { poolOfGoodConnections } from './postgresql-pool.js';
import type { Schema } from './schema.js';
import { freeOctets, inMebibytes, LOW, SPENT, type StorageLevel, StorageWatch } from './storage.js';

/**
 * Milliseconds. The longest query of a server, removing the dead rows of a million, takes a second;
 * one that takes this long is not coming back.
 */
const QUERY_DEADLINE = 30_000;
/** In which the queries under way have to end when the database is closed. */
const LAST_QUERIES = 5_000;

const logger = new Logger('Database');

/**
 * PGlite in `dataDir`, which is locked for this process until `close`.
 *
 * @param queryDeadline milliseconds, once its answers are supervised
 */
export async function openEmbedded(
  dataDir: string,
  queryDeadline = QUERY_DEADLINE,
): Promise<DatabaseConnection> {
  const directory = holdDataDirectory(dataDir);
  try {
    const free = await freeOctets(dataDir);
    if (free < SPENT) throw new DataDirectoryFull(dataDir, inMebibytes(free), inMebibytes(LOW));
    return await connect(directory, queryDeadline);
  } catch (error) {
    directory.release();
    if (error instanceof DataDirectoryFull) throw error;
    throw new DatabaseUnreachable(`in ${dataDir}`, error);
  }
}

async function connect(
  directory: DataDirectory,
  queryDeadline: number,
): Promise<DatabaseConnection> {
  const storage = new StorageWatch(directory.path, sayLevel);
  const keeper: EmbeddedKeeper = new EmbeddedKeeper(
    join(directory.path, 'postgres'),
    () => storage.level !== 'spent',
    // Connects, so that notifications come in again.
    () => void pool.query('select 1').catch(() => undefined),
  );
  const subscribers = new Map<string, Set<() => void>>();
  const pool = embeddedPool(keeper, subscribers);
  await storage.look();
  await keeper.start();
  return {
    db: new Kysely<Schema>({
      dialect: new PostgresDialect({ pool: poolOfGoodConnections(() => pool) }),
    }),
    kind: 'embedded',
    get storage() {
      return storage.level;
    },
    superviseAnswers: () => keeper.expectAnswersWithin(queryDeadline),
    listen: async (channel, onNotification) => {
      await pool.query(`listen ${pg.escapeIdentifier(channel)}`);
      subscribers.set(channel, (subscribers.get(channel) ?? new Set()).add(onNotification));
      return async () => void subscribers.get(channel)?.delete(onNotification);
    },
    close: async () => {
      storage.stop();
      await atMost(LAST_QUERIES, pool.end());
      await keeper.stop();
      directory.release();
    },
  };
}

/** One connection, for PostgreSQL here is for one: all of this process share it, in turn. */
function embeddedPool(
  keeper: EmbeddedKeeper,
  subscribers: ReadonlyMap<string, ReadonlySet<() => void>>,
): pg.Pool {
  const notify = (channel: string) => {
    for (const onNotification of subscribers.get(channel) ?? []) onNotification();
  };
  const pool = new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    stream: () => new EmbeddedStream(keeper.thread),
    // A notification sent while there was none is missed: every subscriber looks for itself.
    onConnect: async (client) => {
      client.on('error', () => undefined);
      client.on('notification', ({ channel }) => notify(channel));
      // The thread has one session, whoever is connected to it.
      await client.query('deallocate all');
      for (const channel of subscribers.keys()) {
        await client.query(`listen ${pg.escapeIdentifier(channel)}`);
        notify(channel);
      }
    },
  });
  // Without listeners a connection that ends with its thread, idle or in a transaction, would end
  // the process; the keeper tells of it.
  pool.on('error', () => undefined);
  return pool;
}

function sayLevel(level: StorageLevel, free: number): void {
  const left = `${inMebibytes(free)} are left on the disk of DATA_DIR`;
  switch (level) {
    case 'low':
      return logger.error(
        `${left}. Until there is more room nothing new is taken in (HTTP answers 507 to what ` +
          'would change something); what is in the outbox is delivered. Free some space, or give ' +
          'DATA_DIR a larger disk.',
      );
    case 'spent':
      return logger.error(
        `${left}. No mail is sent any more: what remains is kept to write down what became of ` +
          'the mails in hand. Free some space, or give DATA_DIR a larger disk.',
      );
    case 'enough':
      return logger.warn(`${left}: everything is taken in and delivered again.`);
    default:
      return level satisfies never;
  }
}
