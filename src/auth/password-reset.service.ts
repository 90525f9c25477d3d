import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type Tx } from '#database';
import { Problem } from '#http';
import { MailboxBudget, MailService } from '#mail';
import { type Grant, OneTimeTokens } from '#one-time-token';
import { endSessions, lockAddress, UserRepository } from '#user';
import { NewPassword } from './new-password.service.js';

@Injectable()
export class PasswordResetService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly budget: MailboxBudget,
    private readonly newPassword: NewPassword,
  ) {}

  /**
   * Mails a link to the stored address, if there is an account that may be used and the budget of
   * the mailbox allows it. Either way nothing is said.
   */
  request(email: string): Promise<void> {
    return this.db.transaction().execute(async (tx) => {
      await lockAddress(tx, email);
      const { admitted } = await this.budget.admit(tx, email, 'password-reset');
      const user = await this.users.findByEmail(tx, email);
      if (!admitted || !user || user.status === 'disabled') return;
      const { secret, expiresAt } = await this.tokens.issueLink(tx, 'password-reset', {
        subject: user.email,
        reference: user.id,
      });
      const { email: to, locale } = user;
      await this.mail.sendPasswordReset(tx, { to, locale, token: secret, expiresAt });
    });
  }

  /** Whether a link could be used now. Spends nothing. */
  async isUsable(token: string): Promise<boolean> {
    return (await this.#find(token)) !== undefined;
  }

  /**
   * Sets the password and ends every session, link and code of the user. The link proves the
   * address, so that an unverified account is active afterwards; a disabled one stays disabled.
   *
   * @throws {Problem} `invalid-token`; `validation-failed` and `busy`, after which the link is
   *   still good
   */
  async confirm(token: string, password: string): Promise<void> {
    const grant = (await this.#find(token)) ?? invalidToken();
    const passwordHash = await this.newPassword.accept(password, grant.subject);
    await this.db.transaction().execute((tx) => this.#set(tx, grant, passwordHash));
  }

  async #set(tx: Tx, grant: Grant, passwordHash: string): Promise<void> {
    await lockAddress(tx, grant.subject);
    const user = await this.users.lockById(tx, grant.reference);
    if (!user || user.status === 'disabled' || !(await this.tokens.spend(tx, grant)))
      return invalidToken();
    await this.users.update(tx, user.id, { password_hash: passwordHash, status: 'active' });
    await endSessions(tx, user.id);
    const { email, locale } = user;
    for (const purpose of ['password-reset', 'verification-code'] as const) {
      await this.tokens.revoke(tx, purpose, email);
      await this.mail.cancelWaiting(tx, purpose, email, 'The password was reset meanwhile');
    }
    await this.mail.sendPasswordChanged(tx, { to: email, locale });
  }

  async #find(token: string): Promise<Grant | undefined> {
    const grant = await this.tokens.peekLink(this.db, 'password-reset', token);
    const user = grant && (await this.users.findById(this.db, grant.reference));
    return user && user.status !== 'disabled' ? grant : undefined;
  }
}

function invalidToken(): never {
  throw new Problem(
    'invalid-token',
    'It was used, is too old or was replaced. Ask for a new one with POST /auth/password-reset.',
  );
}
