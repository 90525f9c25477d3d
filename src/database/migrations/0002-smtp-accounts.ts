import { type Kysely, sql } from 'kysely';

const statements = [
  sql`create table smtp_accounts (
    id uuid primary key,
    name text not null unique,
    enabled boolean not null,
    priority integer not null,
    -- The settings that are no secret, as the API has them.
    settings jsonb not null,
    -- Those that are, as JSON, sealed with the row id as associated data.
    secrets bytea not null,
    created_at timestamptz(3) not null default now(),
    updated_at timestamptz(3) not null default now()
  )`,
  // One row at most: which account is asked first where that is not the one of the environment.
  sql`create table smtp_default_account (
    id smallint primary key default 1 check (id = 1),
    account_id uuid not null references smtp_accounts on delete cascade
  )`,

  // What all workers know of an account together; 'environment' or the id of an account.
  sql`create table smtp_account_health (
    account_id text primary key,
    -- Of the settings it is about: others begin anew.
    fingerprint bytea not null,
    failures integer not null default 0,
    paused_until timestamptz(3),
    -- While one worker tries whether the account is back.
    probe_until timestamptz(3),
    last_success_at timestamptz(3),
    last_failure_at timestamptz(3),
    last_failure text
  )`,

  // The newest tokens of an account. Those got with other settings have a row of their own, so
  // that a process that has not heard of a change yet overwrites nothing.
  sql`create table oauth2_tokens (
    account_id text not null,
    -- Of the settings they were got with.
    fingerprint bytea not null,
    -- JSON, sealed with the account's id as associated data; null until there are any.
    sealed bytea,
    -- From then on another access token is got, while this one is still good.
    refresh_at timestamptz(3),
    access_expires_at timestamptz(3),
    -- While one worker asks for another one.
    refreshing_until timestamptz(3),
    -- Why nothing can be got any more until somebody consents; a sentence.
    needs_consent text,
    updated_at timestamptz(3) not null default now(),
    primary key (account_id, fingerprint)
  )`,
  sql`create table oauth2_consents (
    -- HMAC-SHA-256 of the state.
    state bytea primary key,
    account_id text not null,
    -- Of the settings it was asked with.
    fingerprint bytea not null,
    redirect_uri text not null,
    -- The PKCE verifier, sealed with the redirect URI as associated data.
    code_verifier bytea not null,
    expires_at timestamptz(3) not null
  )`,

  sql`create index outbox_sent_by on outbox (account, sent_at) where sent_at is not null`,
  sql`drop index outbox_sent`,
];

export async function up(db: Kysely<never>): Promise<void> {
  for (const statement of statements) await statement.execute(db);
}
