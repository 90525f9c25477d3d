import type { SmtpSettings } from '#mailer-config';

/** Injection token: {@link ConnectionSlots} that all processes share. */
export const CONNECTION_SLOTS = Symbol('gatepost:connection-slots');

/** One of the connections that an account may have at once, over all processes. */
export interface ConnectionSlot {
  /** Once its socket is gone. May be called again; never rejects. */
  release(): Promise<void>;
}

/** Who counts the connections of an account; the wire knows nothing of how. */
export interface ConnectionSlots {
  /** Ours until it is released; undefined: others have them all at the moment. */
  take(account: SmtpSettings): Promise<ConnectionSlot | undefined>;
  /** Calls back when one that was refused may be free. @returns ends that */
  onFreed(callback: () => void): () => void;
}
