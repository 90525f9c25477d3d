import type { SmtpSettings } from '#mailer-config';
import { SmtpFailure } from './smtp.errors.js';

/** Injection token: the {@link ConnectionSlots} by which an account's connections are counted. */
export const CONNECTION_SLOTS = Symbol('gatepost:connection-slots');

/** One of the connections that an account may have. */
export interface ConnectionSlot {
  /** Once the socket is gone. Idempotent, never rejects. */
  release(): Promise<void>;
}

/**
 * Counts the connections of accounts over all processes; the wire knows nothing of how. Without it
 * each process counts its own.
 */
export interface ConnectionSlots {
  /**
   * One of the account's `maxConnections`, ours until released; undefined: all are taken by now.
   *
   * @throws where nobody can say, for the database is away
   */
  take(account: SmtpSettings): Promise<ConnectionSlot | undefined>;
  /**
   * Calls back when one that was refused may be free: at once where that is known, else within
   * about a second.
   *
   * @returns ends it
   */
  onFreed(callback: () => void): () => void;
}

/** Every connection of the account is in other processes' hands: nothing was begun. */
export class NoConnectionFree extends Error {
  constructor({ name, maxConnections }: SmtpSettings) {
    super(
      `All ${maxConnections} connections that the SMTP account "${name}" may have are in use by other processes.`,
    );
  }
}

/** Whether a connection may be opened can't be found out. It is neither account nor mail to blame. */
export class SlotsUnknown extends SmtpFailure {
  constructor(cause: unknown) {
    const sentence =
      'No connection was opened, for the database that counts them does not answer. It is tried again later.';
    super('tcp', { kind: 'policy', sentence });
    this.cause = cause;
  }
}
