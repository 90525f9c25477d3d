import type { Kysely, Transaction } from 'kysely';
import type { Schema } from './schema.js';

/** A connection pool to the database, outside any transaction. */
export type Db = Kysely<Schema>;

/** An open transaction; whatever must commit together takes it as an argument. */
export type Tx = Transaction<Schema>;

/** Injection token of {@link Db}. */
export const DATABASE = Symbol('gatepost:database');
