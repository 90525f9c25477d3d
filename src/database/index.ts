export { sql } from 'kysely';
export { DATABASE, type Db, type Tx } from './database.js';
