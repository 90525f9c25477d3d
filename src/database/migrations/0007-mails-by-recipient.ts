import { type Kysely, sql } from 'kysely';

const statements = [
  // All mails to one address, the newest of each status first, and those that a newer one ends. It
  // takes the place of the index of those with a secret.
  sql`create index outbox_by_recipient on outbox (to_address, status, created_at, id)`,
  sql`drop index outbox_secrets_to`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
