import { Inject, Injectable, Logger } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Db, Tx } from '#database';
import {
  type MessageDefinition,
  type MessageKind,
  messageKinds,
  type MessageVariables,
} from '#message';
import { type MailStatus, type NewMail, Outbox } from '#outbox';
import { SETTINGS, type Settings } from '#settings';
import { initialStatus } from './mail-policy.js';

/** The kinds of mail there are, for those who filter by them. */
export const messageKindNames = Object.keys(messageKinds) as MessageKind[];

/** A mail that is now in the outbox, if the transaction commits. */
export interface QueuedMail {
  id: string;
  status: MailStatus;
}

/** Whom a mail goes to. */
export interface Recipient {
  /** Canonical address (`parseEmailAddress`). */
  to: string;
  /** BCP 47; the nearest template there is will be taken. */
  locale: string;
}

/** False while there is no account to send by, which can only be where verification is skipped. */
export type CanSend = () => boolean;

/** Injection token: {@link CanSend}. */
export const CAN_SEND = Symbol('gatepost:can-send');

/**
 * What can be said by mail. Each call writes one row in the caller's transaction and returns:
 * nothing is rendered and no server is spoken to before that transaction has committed.
 */
@Injectable()
export class MailService {
  readonly #logger = new Logger('Mail');
  readonly #messageIdHost: string;

  constructor(
    private readonly outbox: Outbox,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(CAN_SEND) private readonly canSend: CanSend,
  ) {
    this.#messageIdHost = new URL(settings.adminWebUrl).hostname;
  }

  /** A code that proves the address. An older one that still waits is cancelled. */
  sendVerificationCode(
    tx: Tx,
    { code, expiresAt, ...recipient }: Recipient & { code: string; expiresAt: Date },
  ): Promise<QueuedMail> {
    return this.#enqueue(tx, 'verification-code', recipient, { code }, expiresAt, {
      replaces: 'A newer code replaced it',
    });
  }

  /** To somebody who registers with an address that has an account already. */
  sendAccountExists(tx: Tx, recipient: Recipient): Promise<QueuedMail> {
    return this.#enqueue(tx, 'account-exists', recipient, {});
  }

  /** A link to choose a new password. */
  sendPasswordReset(
    tx: Tx,
    { token, expiresAt, ...recipient }: Recipient & { token: string; expiresAt: Date },
  ): Promise<QueuedMail> {
    return this.#enqueue(tx, 'password-reset', recipient, { token }, expiresAt);
  }

  /** A notice that the password was changed. */
  sendPasswordChanged(tx: Tx, recipient: Recipient): Promise<QueuedMail> {
    return this.#enqueue(tx, 'password-changed', recipient, {});
  }

  /** A link to join. An older one to the same address that still waits is cancelled. */
  sendInvitation(
    tx: Tx,
    {
      token,
      expiresAt,
      role,
      name,
      invitedBy,
      ...recipient
    }: Recipient & {
      token: string;
      expiresAt: Date;
      role: 'admin' | 'member';
      /** Of the one who is invited. */
      name: string | undefined;
      /** Name of the one who invites. */
      invitedBy?: string | undefined;
    },
  ): Promise<QueuedMail> {
    const variables = { token, role, ...(name && { name }), ...(invitedBy && { invitedBy }) };
    return this.#enqueue(tx, 'invitation', recipient, variables, expiresAt, {
      replaces: 'A newer invitation replaced it',
    });
  }

  /** A mail that says nothing but that mail arrives. */
  sendTest(tx: Tx, recipient: Recipient): Promise<QueuedMail> {
    return this.#enqueue(tx, 'test', recipient, {});
  }

  /** Ends the mails of a kind that wait for an address, because what is in them is dead. */
  cancelWaiting(tx: Tx, kind: MessageKind, to: string, reason: string): Promise<void> {
    return this.outbox.cancelWaiting(tx, kind, to, reason);
  }

  /** Where these mails are; a purged one is missing. */
  statuses(db: Db | Tx, mailIds: string[]): Promise<Map<string, MailStatus>> {
    return this.outbox.statuses(db, mailIds);
  }

  async #enqueue<K extends MessageKind>(
    tx: Tx,
    kind: K,
    { to, locale }: Recipient,
    variables: MessageVariables<K>,
    expiresAt?: Date,
    { replaces }: Pick<NewMail, 'replaces'> = {},
  ): Promise<QueuedMail> {
    const definition: MessageDefinition = messageKinds[kind];
    const { priority, lifetimeSeconds } = definition;
    const id = randomUUID();
    const status = initialStatus(to, this.settings, this.canSend());
    await this.outbox.enqueue(tx, {
      id,
      kind,
      to,
      locale,
      status,
      priority,
      variables: definition.variables.parse(variables),
      messageId: `<${randomUUID()}@${this.#messageIdHost}>`,
      expiresAt,
      lifetimeSeconds,
      replaces,
    });
    if (status !== 'queued') this.#sayWhyNot(status, kind, id);
    return { id, status };
  }

  #sayWhyNot(status: 'held' | 'skipped', kind: MessageKind, mailId: string): void {
    const reason =
      status === 'held'
        ? 'its recipient is not in MAIL_ALLOW_TO. It is held; see /admin/mails.'
        : 'SKIP_USER_VERIFICATION is on and there is no SMTP account.';
    this.#logger.warn({ mailId, kind }, `A mail of kind ${kind} is not sent: ${reason}`);
  }
}
