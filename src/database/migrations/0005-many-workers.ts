import { type Kysely, sql } from 'kysely';

const statements = [
  // Who takes mails from the outbox. An entry that is not seen to count on is a dead worker's.
  sql`create table delivery_workers (
    id uuid primary key,
    beats bigint not null default 0,
    -- From then on nothing is his any more, and nobody takes this name again.
    ended_at timestamptz(3)
  )`,

  // The connections that an account may have, numbered from 1, and which of them are taken.
  sql`create table smtp_connection_slots (
    -- 'environment', or the id of an account.
    account_id text not null,
    number integer not null check (number > 0),
    -- One connection of one process, and when that is taken for dead; null while it is free.
    holder uuid unique,
    held_until timestamptz(3),
    primary key (account_id, number),
    check ((holder is null) = (held_until is null))
  )`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
