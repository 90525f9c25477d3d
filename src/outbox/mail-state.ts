/** Where a mail is; the only truth about it. `sent` means accepted by the server, no more. */
export const mailStatuses = [
  'queued',
  'sending',
  'sent',
  'failed',
  'expired',
  'cancelled',
  'held',
  'skipped',
] as const;

export type MailStatus = (typeof mailStatuses)[number];

/** States of a mail that has not ended. */
export const waitingStatuses: readonly MailStatus[] = ['queued', 'sending', 'held'];

/** States that last: all others, of which only `failed` is left, when somebody tries again. */
export const endedStatuses = mailStatuses.filter((status) => !waitingStatuses.includes(status));

/** Every way from one state to another. Whatever is not in this list can't happen. */
export const transitions = {
  /** A worker takes the row for the length of a lease. */
  claim: { from: ['queued'], to: 'sending' },
  /** The server answered the final dot with 2xx. */
  accept: { from: ['sending'], to: 'sent' },
  /** The server refused this message or its recipient for good. */
  reject: { from: ['sending'], to: 'failed' },
  /** Refused for now, or the account's own trouble: another try comes. */
  defer: { from: ['sending'], to: 'queued' },
  /** The connection ended after the final dot and before its reply: sent again, the same bytes. */
  doubt: { from: ['sending'], to: 'queued' },
  /** A worker that stops hands back what it has not begun. */
  release: { from: ['sending'], to: 'queued' },
  /** The lease ran out: its worker died. */
  reclaim: { from: ['sending'], to: 'queued' },
  /** Its worker died, and it was this mail that ended it, for all we know. */
  quarantine: { from: ['sending'], to: 'held' },
  /** Mail may not go to its recipient from here. */
  hold: { from: ['sending'], to: 'held' },
  /** Its code or link is dead; nobody is to be sent it any more. */
  expire: { from: ['queued', 'sending', 'held'], to: 'expired' },
  /** An operator said so. */
  cancel: { from: ['queued', 'held'], to: 'cancelled' },
  /** A newer one took its place, or its cause is gone. Under way: where it would be queued again. */
  replace: { from: ['queued', 'held', 'sending'], to: 'cancelled' },
  /** An operator wants another try. */
  retry: { from: ['queued', 'failed', 'held'], to: 'queued' },
} as const satisfies Record<string, { from: readonly MailStatus[]; to: MailStatus }>;

export type Transition = keyof typeof transitions;

/** States in which a mail may begin. */
export type InitialStatus = Extract<MailStatus, 'queued' | 'held' | 'skipped'>;
