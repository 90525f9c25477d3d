import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { type Principal, Problem } from '#http';
import { MailService } from '#mail';
import { OneTimeTokens } from '#one-time-token';
import { endSessions, lockAddress, UserRepository } from '#user';
import { NewPassword } from './new-password.service.js';
import { PasswordHasher } from './password-hasher.service.js';

@Injectable()
export class PasswordChangeService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly hasher: PasswordHasher,
    private readonly newPassword: NewPassword,
  ) {}

  /**
   * Ends every other session and open reset link, and mails a notice.
   *
   * @throws {Problem} `invalid-credentials`, `validation-failed`, `busy`
   */
  async change(
    { userId, sessionId }: Principal,
    { currentPassword, newPassword }: { currentPassword: string; newPassword: string },
  ): Promise<void> {
    const user = await this.users.findById(this.db, userId);
    const right = await this.hasher.verify(user?.password_hash, currentPassword);
    if (!user || !right) return wrongPassword();
    const passwordHash = await this.newPassword.accept(newPassword, user.email, 'newPassword');

    await this.db.transaction().execute(async (tx) => {
      await lockAddress(tx, user.email);
      const now = await this.users.lockById(tx, userId);
      if (now?.password_hash !== user.password_hash) return wrongPassword();
      await this.users.update(tx, userId, { password_hash: passwordHash });
      await endSessions(tx, userId, { except: sessionId });
      await this.tokens.revoke(tx, 'password-reset', user.email);
      await this.mail.cancelWaiting(
        tx,
        'password-reset',
        user.email,
        'The password was changed meanwhile',
      );
      await this.mail.sendPasswordChanged(tx, { to: user.email, locale: user.locale });
    });
  }
}

function wrongPassword(): never {
  throw new Problem('invalid-credentials', 'The current password is another one.');
}
