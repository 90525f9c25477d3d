import type { SmtpSettings } from '#mailer-config';
import type { ClaimedMail } from '#outbox';

/** A mail in our hands, and the account it is to go by. */
export interface Handover {
  mail: ClaimedMail;
  /** The name it was claimed under; see `WorkerLease`. */
  owner: string;
  /** `performance.now()` at the claim; `mail.expiresInMs` counts from there. */
  claimedAt: number;
  account: SmtpSettings;
  /** Is this the one mail that may try an account after a pause? */
  isProbe: boolean;
}
