import { type Kysely, sql } from 'kysely';

const statements = [
  // One row, sealed with the key that everything else is sealed with.
  sql`create table key_check (
    id smallint primary key default 1 check (id = 1),
    sealed bytea not null
  )`,

  sql`create table users (
    id uuid primary key,
    email text not null unique check (octet_length(email) <= 254),
    name text check (char_length(name) <= 200),
    locale text not null,
    role text not null check (role in ('admin', 'member')),
    status text not null check (status in ('active', 'unverified', 'disabled')),
    password_hash text,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  sql`create index users_by_age on users (created_at, id)`,
  sql`create index users_active_admins on users (id) where role = 'admin' and status = 'active'`,

  sql`create table sessions (
    id uuid primary key,
    user_id uuid not null references users on delete cascade,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null,
    ended_at timestamptz(3)
  )`,
  sql`create index sessions_by_user on sessions (user_id) where ended_at is null`,
  sql`create table refresh_tokens (
    digest bytea primary key,
    session_id uuid not null references sessions on delete cascade,
    created_at timestamptz(3) not null default now(),
    spent_at timestamptz(3)
  )`,
  sql`create index refresh_tokens_by_session on refresh_tokens (session_id)`,

  sql`create table invitations (
    id uuid primary key,
    email text not null check (octet_length(email) <= 254),
    role text not null check (role in ('admin', 'member')),
    name text check (char_length(name) <= 200),
    locale text not null,
    status text not null check (status in ('pending', 'accepted', 'revoked')),
    invited_by uuid references users on delete set null,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null,
    accepted_at timestamptz(3),
    mail_id uuid
  )`,
  sql`create index invitations_by_age on invitations (created_at, id)`,
  sql`create unique index invitations_one_pending on invitations (email) where status = 'pending'`,

  sql`create table one_time_tokens (
    id uuid primary key,
    purpose text not null check (purpose in ('verification-code', 'password-reset', 'invitation')),
    subject text not null,
    reference uuid,
    digest bytea not null,
    tries smallint not null default 0,
    created_at timestamptz(3) not null default now(),
    expires_at timestamptz(3) not null,
    spent_at timestamptz(3),
    revoked_at timestamptz(3)
  )`,
  sql`create index one_time_tokens_by_digest on one_time_tokens (digest)`,
  sql`create index one_time_tokens_live on one_time_tokens (purpose, subject)
    where spent_at is null and revoked_at is null`,
  sql`create unique index one_time_tokens_one_live_code on one_time_tokens (subject)
    where purpose = 'verification-code' and spent_at is null and revoked_at is null`,

  sql`create table code_budgets (
    subject text primary key,
    window_start timestamptz(3) not null,
    used smallint not null
  )`,
  sql`create table mailbox_budgets (
    mailbox text primary key,
    let_through timestamptz(3)[] not null,
    purposes text[] not null,
    check (cardinality(let_through) = cardinality(purposes))
  )`,

  sql`create table outbox (
    id uuid primary key,
    kind text not null,
    to_address text not null,
    locale text not null,
    status text not null check (status in
      ('queued', 'sending', 'sent', 'failed', 'expired', 'cancelled', 'held', 'skipped')),
    priority smallint not null,
    variables bytea,
    message_id text not null,
    created_at timestamptz(3) not null default now(),
    next_attempt_at timestamptz(3),
    expires_at timestamptz(3) not null,
    attempts integer not null default 0,
    lease_until timestamptz(3),
    lease_owner uuid,
    account text,
    sent_at timestamptz(3),
    ended_at timestamptz(3),
    last_error text
  )`,
  // A claim reads the front of this index and nothing else, however long the table is.
  sql`create index outbox_due on outbox (priority, next_attempt_at, id) where status = 'queued'`,
  sql`create index outbox_leased on outbox (lease_until) where status = 'sending'`,
  sql`create index outbox_expiring on outbox (expires_at) where variables is not null`,
  sql`create index outbox_secrets_to on outbox (to_address, kind) where variables is not null`,
  sql`create index outbox_by_age on outbox (created_at, id)`,
  sql`create index outbox_sent on outbox (sent_at) where sent_at is not null`,

  // No foreign key: a line is only ever written by the statement that changes its mail, and each
  // would have that mail looked up and locked once more.
  sql`create table outbox_attempts (
    id bigint generated always as identity primary key,
    outbox_id uuid not null,
    at timestamptz(3) not null default now(),
    account text,
    stage text not null,
    outcome text not null check (outcome in
      ('accepted', 'deferred', 'rejected', 'unknown', 'account-failed')),
    reply_code smallint,
    enhanced_code text,
    reply text,
    duration_ms integer not null,
    transcript jsonb not null default '[]'
  )`,
  sql`create index outbox_attempts_of on outbox_attempts (outbox_id, id)`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
