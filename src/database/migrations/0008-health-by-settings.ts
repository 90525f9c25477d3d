import { type Kysely, sql } from 'kysely';

const statements = [
  // Those of other settings have a row of their own, so that processes that have different ones, while
  // a new password is rolled out, don't judge each other.
  sql`alter table smtp_account_health
    drop constraint smtp_account_health_pkey, add primary key (account_id, fingerprint)`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
