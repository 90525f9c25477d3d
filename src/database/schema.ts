import type { ColumnType, Generated, Selectable } from 'kysely';

/** Set by the database when absent; read as Date. */
type Timestamp = ColumnType<Date, Date | string | undefined, Date | string>;
type NullableTimestamp = ColumnType<
  Date | null,
  Date | string | null | undefined,
  Date | string | null
>;

export interface UsersTable {
  id: string;
  /** Canonical address, unique. */
  email: string;
  name: string | null;
  locale: string;
  role: 'admin' | 'member';
  status: 'active' | 'unverified' | 'disabled';
  /** Argon2id in PHC string format; null until one is chosen. */
  password_hash: string | null;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export type UserRow = Selectable<UsersTable>;

export interface SessionsTable {
  id: string;
  user_id: string;
  created_at: Timestamp;
  expires_at: Timestamp;
  ended_at: NullableTimestamp;
}

export interface RefreshTokensTable {
  /** HMAC-SHA-256 of the token. */
  digest: Buffer;
  session_id: string;
  created_at: Timestamp;
  spent_at: NullableTimestamp;
}

export interface InvitationsTable {
  id: string;
  email: string;
  role: 'admin' | 'member';
  name: string | null;
  locale: string;
  status: 'pending' | 'accepted' | 'revoked';
  /** Null: made at start or by a command. */
  invited_by: string | null;
  created_at: Timestamp;
  expires_at: Timestamp;
  accepted_at: NullableTimestamp;
  /** The newest mail of this invitation. */
  mail_id: string | null;
}

export type InvitationRow = Selectable<InvitationsTable>;

export interface OneTimeTokensTable {
  id: string;
  purpose: 'verification-code' | 'password-reset' | 'invitation';
  /** Canonical address the code or link was made for. */
  subject: string;
  /** What it is about: a user's or an invitation's id. */
  reference: string | null;
  /** HMAC-SHA-256 over purpose, subject (codes only: who opens a link does not tell) and secret. */
  digest: Buffer;
  tries: Generated<number>;
  created_at: Timestamp;
  expires_at: Timestamp;
  spent_at: NullableTimestamp;
  revoked_at: NullableTimestamp;
}

export interface CodeBudgetsTable {
  subject: string;
  window_start: Timestamp;
  used: number;
}

export interface MailboxBudgetsTable {
  /** Canonical address with its subaddress (+tag) folded away, for limiting only. */
  mailbox: string;
  /** When mails that a stranger can trigger were let through, newest last, at most a day old. */
  let_through: ColumnType<Date[], Date[] | string[], Date[] | string[]>;
  /** What each of them was for; the same length. */
  purposes: string[];
}

export interface OutboxTable {
  id: string;
  kind: string;
  to_address: string;
  locale: string;
  status: 'queued' | 'sending' | 'sent' | 'failed' | 'expired' | 'cancelled' | 'held' | 'skipped';
  /** 0 is what a person waits for; higher numbers are bulk. */
  priority: number;
  /** Sealed with the row id as associated data; null once erased. */
  variables: Buffer | null;
  /** RFC 5322 msg-id with its angle brackets. */
  message_id: string;
  created_at: Timestamp;
  /** Null in an ended row. */
  next_attempt_at: NullableTimestamp;
  expires_at: Timestamp;
  attempts: Generated<number>;
  /** While `sending`: when its own worker must have ended it. */
  lease_until: NullableTimestamp;
  lease_owner: string | null;
  account: string | null;
  sent_at: NullableTimestamp;
  ended_at: NullableTimestamp;
  /** One sentence for people. */
  last_error: string | null;
  /** How far it is suspected of ending its worker. */
  suspicion: Generated<number>;
}

export interface OutboxCountsTable {
  status: OutboxTable['status'];
  /** Of mails that were sent: by whom, and in which minute. */
  account: string | null;
  minute: NullableTimestamp;
  /** A change; their sum is how many there are. */
  mails: string;
}

export interface OutboxAttemptsTable {
  id: Generated<string>;
  outbox_id: string;
  at: Timestamp;
  account: string | null;
  stage: string;
  outcome: 'accepted' | 'deferred' | 'rejected' | 'unknown' | 'account-failed';
  reply_code: number | null;
  enhanced_code: string | null;
  reply: string | null;
  /** A code of the doctor. */
  cause: string | null;
  /** One sentence or two for people; null where it was accepted. */
  sentence: string | null;
  duration_ms: number;
  transcript: ColumnType<string[], string, string>;
}

export interface SmtpAccountsTable {
  id: string;
  name: string;
  enabled: boolean;
  /** Lower is asked first. */
  priority: number;
  /** Those that are no secret, as the API has them. */
  settings: ColumnType<Record<string, unknown>, string, string>;
  /** The others as JSON, sealed with the row id as associated data. */
  secrets: Buffer;
  created_at: Timestamp;
  updated_at: Timestamp;
}

export type SmtpAccountRow = Selectable<SmtpAccountsTable>;

export interface SmtpDefaultAccountTable {
  id: Generated<1>;
  account_id: string;
}

export interface SmtpAccountHealthTable {
  /** `environment`, or the id of an account. */
  account_id: string;
  /** Of the settings it is about; others have a row of their own. */
  fingerprint: Buffer;
  /** In a row. */
  failures: Generated<number>;
  /** Of the failures. */
  refused_sign_ins: Generated<number>;
  paused_until: NullableTimestamp;
  probe_until: NullableTimestamp;
  last_success_at: NullableTimestamp;
  last_failure_at: NullableTimestamp;
  /** A sentence for people. */
  last_failure: string | null;
}

export type SmtpAccountHealthRow = Selectable<SmtpAccountHealthTable>;

export interface SmtpAccountChecksTable {
  /** `environment`, or the id of an account. */
  account_id: string;
  /** Of the settings that were looked at. */
  fingerprint: Buffer;
  at: Timestamp;
  /** A code of the doctor; null while he is looking. */
  code: string | null;
  title: string | null;
}

export interface SmtpConnectionSlotsTable {
  /** `environment`, or the id of an account. */
  account_id: string;
  /** From 1; how many there are is for the account to say. */
  number: number;
  /** One connection of one process; null while it is free. */
  holder: string | null;
  held_until: NullableTimestamp;
}

export interface DeliveryWorkersTable {
  id: string;
  /** Grows for as long as it lives. */
  beats: Generated<string>;
  ended_at: NullableTimestamp;
}

export interface OAuth2TokensTable {
  /** `environment`, or the id of an account. */
  account_id: string;
  /** Of the settings the tokens were got with. */
  fingerprint: Buffer;
  /** JSON, sealed with the account's id as associated data; null until there are any. */
  sealed: Buffer | null;
  /** From then on another access token is got, while this one is still good. */
  refresh_at: NullableTimestamp;
  access_expires_at: NullableTimestamp;
  /** While one worker asks for another one. */
  refreshing_until: NullableTimestamp;
  /** A sentence; null while tokens can be got. */
  needs_consent: string | null;
  updated_at: Timestamp;
}

export interface OAuth2ConsentsTable {
  /** HMAC-SHA-256. */
  state: Buffer;
  account_id: string;
  /** Of the settings it was asked with. */
  fingerprint: Buffer;
  redirect_uri: string;
  /** Sealed with the redirect URI as associated data. */
  code_verifier: Buffer;
  expires_at: Timestamp;
}

/** The tables, as the newest migration leaves them. */
export interface Schema {
  users: UsersTable;
  sessions: SessionsTable;
  refresh_tokens: RefreshTokensTable;
  invitations: InvitationsTable;
  one_time_tokens: OneTimeTokensTable;
  code_budgets: CodeBudgetsTable;
  mailbox_budgets: MailboxBudgetsTable;
  outbox: OutboxTable;
  outbox_attempts: OutboxAttemptsTable;
  outbox_counts: OutboxCountsTable;
  smtp_accounts: SmtpAccountsTable;
  smtp_default_account: SmtpDefaultAccountTable;
  smtp_account_health: SmtpAccountHealthTable;
  smtp_account_checks: SmtpAccountChecksTable;
  smtp_connection_slots: SmtpConnectionSlotsTable;
  delivery_workers: DeliveryWorkersTable;
  oauth2_tokens: OAuth2TokensTable;
  oauth2_consents: OAuth2ConsentsTable;
}
