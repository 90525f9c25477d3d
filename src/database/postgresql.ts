import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import { atMost } from './at-most.js';
import type { DatabaseConnection } from './database.js';
import { DatabaseUnreachable } from './database.errors.js';
import { PostgresqlListener } from './postgresql-listener.js';
import { poolOfGoodConnections } from './postgresql-pool.js';
import type { Schema } from './schema.js';

/** Milliseconds. */
const CONNECT_TIMEOUT = 5_000;
const STATEMENT_TIMEOUT = 15_000;
/** Of silence, before the system asks whether the other side is still there; Linux asks after 2 h. */
const KEEP_ALIVE_AFTER = 10_000;
/** In which the connections have to end; a server that hangs does not answer to that either. */
const LAST_QUERIES = 5_000;

/**
 * A pool of connections to the server `url` names. Reconnects by itself after an outage.
 *
 * @param statementTimeout milliseconds, once its answers are supervised
 * @throws {DatabaseUnreachable} where there is no answer
 */
export async function openPostgresql(
  url: string,
  onError: (error: Error) => void,
  statementTimeout = STATEMENT_TIMEOUT,
): Promise<DatabaseConnection> {
  const options: pg.ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: 'gatepost',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_AFTER,
  };
  await expectAnswer(options, url);

  // A migration takes its time, and so does waiting for the one of another process.
  let pool = openPool(options, onError);
  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: poolOfGoodConnections(() => pool) }),
  });
  const listener = new PostgresqlListener(() => new pg.Client(options), onError);
  return {
    db,
    kind: 'postgresql',
    storage: 'enough',
    superviseAnswers: () => {
      void pool.end();
      pool = openPool(
        {
          ...options,
          statement_timeout: statementTimeout,
          // The server ends the query; this ends the wait where the server itself hangs.
          query_timeout: statementTimeout + 1_000,
          idle_in_transaction_session_timeout: statementTimeout,
        },
        onError,
      );
    },
    listen: (channel, onNotification) => listener.listen(channel, onNotification),
    close: async () => {
      await atMost(LAST_QUERIES, Promise.all([listener.close(), db.destroy()]));
    },
  };
}

function openPool(options: pg.ClientConfig, onError: (error: Error) => void): pg.Pool {
  const pool = new pg.Pool({ ...options, max: 10 });
  // An idle connection that breaks is replaced on the next use; without a listener it would end
  // the process.
  pool.on('error', onError);
  // So would one that breaks inside a transaction, whose queries say so themselves.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

async function expectAnswer(options: pg.ClientConfig, url: string): Promise<void> {
  const client = new pg.Client({ ...options, query_timeout: CONNECT_TIMEOUT });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } catch (error) {
    throw new DatabaseUnreachable(withoutPassword(url), error);
  } finally {
    void client.end().catch(() => undefined);
  }
}

function withoutPassword(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port && `:${port}`}${pathname}`;
}
