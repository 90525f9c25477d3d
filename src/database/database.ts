import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.js';
import type { StorageLevel } from './storage.js';

/** The database outside any transaction. */
export type Db = Kysely<Schema>;

/** An open transaction; whatever must commit together takes it as an argument. */
export type Tx = Transaction<Schema>;

/** One opened database, embedded or PostgreSQL. */
export interface DatabaseConnection {
  readonly db: Db;
  readonly kind: 'embedded' | 'postgresql';
  /** How full the disk is. A PostgreSQL server looks after its own. */
  readonly storage: StorageLevel;
  /**
   * From now on, when what takes its time (migrations) is done: a query that is not answered in time
   * means that the database hangs, and it ends with an error.
   */
  superviseAnswers(): void;
  /** Calls back after each commit that notified the channel (NOTIFY); undone by the result. */
  listen(channel: string, onNotification: () => void): Promise<() => Promise<void>>;
  close(): Promise<void>;
}

/** Injection token of {@link Db}. */
export const DATABASE = Symbol('gatepost:database');

/** Injection token of {@link DatabaseConnection}. */
export const DATABASE_CONNECTION = Symbol('gatepost:database-connection');
