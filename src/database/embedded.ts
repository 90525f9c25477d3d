import { Kysely, PostgresDialect } from 'kysely';
import { once } from 'node:events';
import { extname, join } from 'node:path';
import { Worker } from 'node:worker_threads';
import pg from 'pg';
import type { DatabaseConnection } from './database.js';
import { type DataDirectory, holdDataDirectory } from './data-directory.js';
import { DatabaseUnreachable } from './database.errors.js';
import { EmbeddedStream } from './embedded-stream.js';
import type { FromWorker, ToWorker } from './embedded.worker.js';
import type { Schema } from './schema.js';

/** PGlite in `dataDir`, which is locked for this process until `close`. */
export async function openEmbedded(
  dataDir: string,
  onError: (error: Error) => void,
): Promise<DatabaseConnection> {
  const directory = holdDataDirectory(dataDir);
  try {
    return connect(await startWorker(directory), directory, onError);
  } catch (error) {
    directory.release();
    throw new DatabaseUnreachable(`in ${dataDir}`, error);
  }
}

async function startWorker(directory: DataDirectory): Promise<Worker> {
  // The file beside this one, compiled or not.
  const file = new URL(`./embedded.worker${extname(import.meta.filename)}`, import.meta.url);
  const worker = new Worker(file, { workerData: join(directory.path, 'postgres') });
  const answer = await answerOf(worker);
  if (answer !== 'ready')
    throw new Error(typeof answer === 'object' && 'failed' in answer ? answer.failed : 'no answer');
  return worker;
}

/** @returns undefined where the worker ended without one; after that nobody would answer */
async function answerOf(worker: Worker): Promise<FromWorker | undefined> {
  const [answer] = await Promise.race([
    once(worker, 'message'),
    once(worker, 'exit').then(() => []),
  ]);
  return answer as FromWorker | undefined;
}

function connect(
  worker: Worker,
  directory: DataDirectory,
  onError: (error: Error) => void,
): DatabaseConnection {
  // PostgreSQL for one: all of this process share a single connection, one after the other.
  const pool = new pg.Pool({
    max: 1,
    idleTimeoutMillis: 0,
    stream: () => new EmbeddedStream(worker),
  });
  const subscribers = new Map<string, Set<() => void>>();
  pool.on('error', onError);
  // Without a listener of its own an error of the thread would end the process.
  worker.on('error', onError);
  let hasEnded = false;
  worker.on('exit', () => {
    hasEnded = true;
  });
  pool.on('connect', (client) =>
    client.on('notification', ({ channel }) => {
      for (const onNotification of subscribers.get(channel) ?? []) onNotification();
    }),
  );
  return {
    db: new Kysely<Schema>({ dialect: new PostgresDialect({ pool }) }),
    kind: 'embedded',
    listen: async (channel, onNotification) => {
      await pool.query(`listen ${pg.escapeIdentifier(channel)}`);
      subscribers.set(channel, (subscribers.get(channel) ?? new Set()).add(onNotification));
      return async () => void subscribers.get(channel)?.delete(onNotification);
    },
    close: async () => {
      await pool.end();
      if (!hasEnded) {
        worker.postMessage('close' satisfies ToWorker);
        await answerOf(worker);
      }
      await worker.terminate();
      directory.release();
    },
  };
}
