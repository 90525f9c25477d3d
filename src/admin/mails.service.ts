import { Injectable } from '@nestjs/common';
import { Problem } from '#http';
import { isTokenPurpose, OneTimeTokens } from '#one-time-token';
import { type MailFilter, type MailView, Outbox, type TimelineEntry } from '#outbox';

/** What operators may do with mails; the same for the HTTP interface and the commands. */
@Injectable()
export class Mails {
  constructor(
    private readonly outbox: Outbox,
    private readonly tokens: OneTimeTokens,
  ) {}

  list(filter: MailFilter, limit: number): Promise<MailView[]> {
    return this.outbox.list(filter, limit);
  }

  async show(id: string): Promise<{ mail: MailView; timeline: TimelineEntry[] }> {
    return { mail: await this.#find(id), timeline: await this.outbox.timeline(id) };
  }

  /** Makes it due now. */
  async retry(id: string): Promise<MailView> {
    const mail = await this.#find(id);
    if (!(await this.#hasLiveSecret(mail))) throw spentSecret();
    if (mail.status === 'sent')
      throw new Problem('mail-not-retryable', 'The server has accepted this mail already.');
    if (mail.status === 'sending')
      throw new Problem('mail-not-retryable', 'This mail is being sent at this moment.');
    if (mail.status === 'skipped')
      throw new Problem(
        'mail-not-retryable',
        'No mail is sent while SKIP_USER_VERIFICATION is on. Configure SMTP_HOST first.',
      );
    if (!(await this.outbox.retry(id))) throw spentSecret();
    return this.#find(id);
  }

  async cancel(id: string): Promise<MailView> {
    await this.#find(id);
    const done = await this.outbox.cancel(id, 'An operator cancelled it');
    const mail = await this.#find(id);
    if (!done)
      throw new Problem(
        'mail-not-cancellable',
        `This mail is ${mail.status}; only one that is queued or held can be cancelled.`,
      );
    return mail;
  }

  /** Whether what is in it would still be of use to who gets it. */
  async #hasLiveSecret({ kind, to, expiresAt }: MailView): Promise<boolean> {
    return !isTokenPurpose(kind) || this.tokens.isLive(kind, to, expiresAt);
  }

  async #find(id: string): Promise<MailView> {
    const mail = await this.outbox.find(id);
    if (!mail)
      throw new Problem('not-found', 'There is no mail with this id. GET /admin/mails lists them.');
    return mail;
  }
}

const spentSecret = () =>
  new Problem(
    'spent-secret',
    'The code or link in this mail is no longer valid and is erased. ' +
      'Ask for a new one: the new mail will carry a new code or link.',
  );
