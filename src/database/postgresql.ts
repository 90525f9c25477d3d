import { Kysely, PostgresDialect, sql } from 'kysely';
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
/** In which the connections have to end; a server that hangs does not answer to that either. */
const LAST_QUERIES = 5_000;

/** A pool of connections to the server `url` names. Reconnects by itself after an outage. */
export async function openPostgresql(
  url: string,
  onError: (error: Error) => void,
): Promise<DatabaseConnection> {
  const options: pg.ClientConfig = {
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT,
    application_name: 'gatepost',
    keepAlive: true,
  };
  const pool = new pg.Pool({
    ...options,
    max: 10,
    statement_timeout: STATEMENT_TIMEOUT,
    // The server ends the query; this ends the wait where the server itself hangs.
    query_timeout: STATEMENT_TIMEOUT + 1_000,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT,
  });
  // An idle connection that breaks is replaced on the next use; without a listener it would end
  // the process.
  pool.on('error', onError);
  // So would one that breaks inside a transaction, whose queries say so themselves.
  pool.on('connect', (client) => client.on('error', () => undefined));

  const db = new Kysely<Schema>({
    dialect: new PostgresDialect({ pool: poolOfGoodConnections(pool) }),
  });
  const listener = new PostgresqlListener(() => new pg.Client(options), onError);
  try {
    await sql`select 1`.execute(db);
  } catch (error) {
    await db.destroy();
    throw new DatabaseUnreachable(withoutPassword(url), error);
  }
  return {
    db,
    kind: 'postgresql',
    storage: 'enough',
    // The time-outs above do that from the start.
    superviseAnswers: () => undefined,
    listen: (channel, onNotification) => listener.listen(channel, onNotification),
    close: async () => {
      await atMost(LAST_QUERIES, Promise.all([listener.close(), db.destroy()]));
    },
  };
}

function withoutPassword(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `${hostname}${port && `:${port}`}${pathname}`;
}
