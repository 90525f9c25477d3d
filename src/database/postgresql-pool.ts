import type { PostgresPool, PostgresPoolClient, PostgresQueryResult } from 'kysely';
import type pg from 'pg';
import { READ_ONLY } from './assert-writable.js';
import { DatabaseSilent } from './database.errors.js';
import { statementNameOf } from './statement-names.js';

/**
 * node-postgres's pool for Kysely, except that statements are prepared, and that a connection is
 * given up where its server has not answered in time, or can't be written to any more. The pool
 * itself goes on with both: the next query would wait behind the lost answer, and the one after it
 * as well.
 *
 * @param current the pool that the next connection is taken from
 */
export function poolOfGoodConnections(current: () => pg.Pool): PostgresPool {
  return {
    options: current().options,
    connect: async () => oneUse(await current().connect()),
    end: () => current().end(),
  };
}

function oneUse(client: pg.PoolClient): PostgresPoolClient {
  let silent: DatabaseSilent | undefined;
  let isGood = true;
  async function query<R>(
    text: string,
    parameters: readonly unknown[],
  ): Promise<PostgresQueryResult<R>> {
    if (silent) throw silent;
    try {
      const name = statementNameOf(text, parameters);
      const values = [...parameters];
      const result = await client.query({ text, values, ...(name && { name }) });
      return result as unknown as PostgresQueryResult<R>;
    } catch (error) {
      if (isReadTimeout(error)) {
        silent = new DatabaseSilent({ cause: error });
        isGood = false;
        // Or the socket would stay for as long as the server hangs.
        (client as unknown as ConnectedClient).connection.stream.destroy();
        throw silent;
      }
      // After a failover this connection may lead to what is a standby now.
      if ((error as { code?: unknown }).code === READ_ONLY) isGood = false;
      throw error;
    }
  }
  return {
    // Kysely's other form of it, by a cursor, is for streaming, which nobody here does.
    query: query as PostgresPoolClient['query'],
    release: () => client.release(!isGood),
  };
}

/** What a connected client has besides, which its types do not tell. */
interface ConnectedClient {
  connection: { stream: { destroy(): void } };
}

function isReadTimeout(error: unknown): boolean {
  // node-postgres gives it no code.
  return error instanceof Error && error.message === 'Query read timeout';
}
