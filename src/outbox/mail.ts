import type { InitialStatus, MailStatus } from './mail-state.js';

/** What a mail is to be, when it is put into the outbox. */
export interface NewMail {
  id: string;
  kind: string;
  /** Canonical address. */
  to: string;
  locale: string;
  status: InitialStatus;
  /** 0: a person waits; 1: notices; 2: bulk. */
  priority: 0 | 1 | 2;
  variables: Record<string, unknown>;
  /** With angle brackets. */
  messageId: string;
  /** When its code or link dies; undefined: `lifetimeSeconds` from now. */
  expiresAt: Date | undefined;
  lifetimeSeconds: number;
  /** Why those of its kind that still wait for the same address end: it replaces them. */
  replaces?: string | undefined;
}

/** A mail in the hands of one worker. */
export interface ClaimedMail {
  id: string;
  kind: string;
  to: string;
  locale: string;
  messageId: string;
  createdAt: Date;
  expiresAt: Date;
  /** Milliseconds until `expiresAt` on the database's clock, at the moment of the claim. */
  expiresInMs: number;
  /** This try included. */
  attempts: number;
  /**
   * The account whose server last said "later" to this mail: a greylisting server waits for the
   * same sender to come back (RFC 6647). Null: none did.
   */
  deferredBy: string | null;
  /** The account whose server may have it already, for it never answered. Null: none. */
  handedTo: string | null;
  /** Sealed; opened by {@link Outbox.open}. */
  sealedVariables: Buffer | null;
}

/** What became of one try; see the contract's attempt outcomes. */
export interface Attempt {
  account: string | undefined;
  stage: string;
  outcome: 'accepted' | 'deferred' | 'rejected' | 'unknown' | 'account-failed';
  replyCode: number | undefined;
  enhancedCode: string | undefined;
  reply: string | undefined;
  /** A code of the doctor, where it has a name for what went wrong. */
  cause?: string | undefined;
  /** What went wrong and what to do next. */
  sentence?: string | undefined;
  durationMs: number;
  transcript: readonly string[];
}

/** What follows from it for the mail. */
export type Settlement =
  | { transition: 'accept' }
  | { transition: 'reject' | 'expire' | 'hold'; error: string }
  | { transition: 'defer' | 'doubt'; error: string; retryInSeconds: number };

/** A try of one mail, over one account or several, and what follows from it. */
export interface Settled {
  id: string;
  settlement: Settlement;
  /** At least one; in their order. */
  attempts: readonly Attempt[];
}

/** A mail as operators see it; never its code or link. */
export interface MailView {
  id: string;
  kind: string;
  to: string;
  locale: string;
  status: MailStatus;
  attempts: number;
  account: string | null;
  createdAt: Date;
  nextAttemptAt: Date | null;
  sentAt: Date | null;
  expiresAt: Date;
  lastError: string | null;
  messageId: string;
}

/** One try as the timeline has it. */
export interface TimelineEntry {
  at: Date;
  account: string | null;
  stage: string;
  outcome: Attempt['outcome'];
  replyCode: number | null;
  enhancedCode: string | null;
  reply: string | null;
  code: string | null;
  sentence: string | null;
  durationMs: number;
  transcript: string[];
}
