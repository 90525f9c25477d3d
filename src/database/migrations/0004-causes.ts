import { type Kysely, sql } from 'kysely';

const statements = [
  // What the doctor calls it, and what people read; null where nothing went wrong.
  sql`alter table outbox_attempts add column cause text, add column sentence text`,

  // What the doctor last said of an account; 'environment' or the id of an account.
  sql`create table smtp_account_checks (
    account_id text primary key,
    -- Of the settings that were looked at: of others nothing is known.
    fingerprint bytea not null,
    at timestamptz(3) not null default now(),
    -- Null while he is looking.
    code text,
    title text
  )`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
