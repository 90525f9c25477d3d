import { type Kysely, sql } from 'kysely';

const statements = [
  // Those among the failures: how long an account is left alone for the one says nothing of the other.
  sql`alter table smtp_account_health add column refused_sign_ins integer not null default 0`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
