import { Injectable, Logger } from '@nestjs/common';
import type { SmtpSettings } from '#mailer-config';
import { Outbox } from '#outbox';
import { AccountBreakers, SmtpAccounts } from '#smtp-account';
import type { Handover } from './handover.js';
import { quotaOf } from './quota.js';

/** An account, and whether the mail is the one that may try it after a pause. */
export type Way = Pick<Handover, 'account' | 'isProbe'>;

/** By which account a mail goes. */
@Injectable()
export class AccountChoice {
  readonly #logger = new Logger('Delivery');

  constructor(
    private readonly outbox: Outbox,
    private readonly accounts: SmtpAccounts,
    private readonly breakers: AccountBreakers,
  ) {}

  /** Undefined where the name is nobody's, or of one that is disabled. */
  inUse(name: string | null): SmtpSettings | undefined {
    return this.accounts.inOrder().find((account) => account.name === name);
  }

  /**
   * The one that may have the mail already, else the one whose server wants it to come back, else
   * the one it was claimed for.
   *
   * @param holder who may have it: from another account it would be another mail
   * @returns undefined: it has to wait for the holder; the probe it was meant to be is given back
   */
  async first(handover: Handover, holder: SmtpSettings | undefined): Promise<Way | undefined> {
    const { account, isProbe, mail } = handover;
    const wanted = holder ?? (isProbe ? undefined : this.inUse(mail.deferredBy));
    if (!wanted || wanted.id === account.id) return { account, isProbe };
    if (isProbe) await this.breakers.unprobe(account);
    const way = await this.#back(handover, wanted, holder !== undefined);
    return way ?? (holder ? undefined : { account, isProbe });
  }

  /** The account it was claimed for, if that may send it still. */
  asClaimed(handover: Handover): Promise<SmtpSettings | undefined> {
    return this.#mayGoBy(handover, handover.account);
  }

  /** Another account that is not left alone and may send one more. */
  async next(
    handover: Handover,
    asked: readonly (string | undefined)[],
  ): Promise<SmtpSettings | undefined> {
    for (const account of this.accounts.inOrder())
      if (!asked.includes(account.name) && this.breakers.stateOf(account) === 'closed') {
        const found = await this.#mayGoBy(handover, account);
        if (found) return found;
      }
    return undefined;
  }

  /** @param mayProbe nobody else may try an account by which only this mail can go */
  async #back(
    handover: Handover,
    account: SmtpSettings,
    mayProbe: boolean,
  ): Promise<Way | undefined> {
    const state = this.breakers.stateOf(account);
    const isProbe = state === 'half-open' && mayProbe;
    if (state !== 'closed' && !isProbe) return undefined;
    if (!(await this.#mayGoBy(handover, account))) return undefined;
    if (isProbe && !(await this.breakers.probe(account))) return undefined;
    return { account, isProbe };
  }

  /** @returns the account; undefined where it has sent what it may, or the database can't tell */
  async #mayGoBy(
    { mail, owner }: Handover,
    account: SmtpSettings,
  ): Promise<SmtpSettings | undefined> {
    try {
      const isOurs = await this.outbox.reassign(mail.id, owner, quotaOf(account));
      return isOurs ? account : undefined;
    } catch (error) {
      this.#logger.warn({ mailId: mail.id, err: error }, 'It goes by no other account for now');
      return undefined;
    }
  }
}
