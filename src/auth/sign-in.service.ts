import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { Problem } from '#http';
import { SETTINGS, type Settings } from '#settings';
import { UserRepository } from '#user';
import { PasswordHasher } from './password-hasher.service.js';
import type { Session } from './session.schemas.js';
import { SessionService } from './session.service.js';

@Injectable()
export class SignInService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly users: UserRepository,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionService,
  ) {}

  /**
   * @throws {Problem} `invalid-credentials`, also for disabled and unknown users;
   *   `email-not-verified` only to who knows the password; `busy`
   */
  async signIn(email: string, password: string): Promise<Session> {
    const user = await this.users.findByEmail(this.db, email);
    const right = await this.hasher.verify(user?.password_hash, password);
    if (!user || !right || user.status === 'disabled') return invalidCredentials();
    if (user.status === 'unverified' && !this.settings.skipUserVerification)
      throw new Problem('email-not-verified', 'Enter the code that was mailed to this address.');

    return this.db.transaction().execute(async (tx) => {
      const now = await this.users.lockById(tx, user.id);
      // Changed while the password was being hashed: a session opened now would outlive the reset
      // that was meant to end them all.
      if (now?.status !== user.status || now.password_hash !== user.password_hash)
        return invalidCredentials();
      if (now.status === 'active') return this.sessions.start(tx, now);
      return this.sessions.start(tx, await this.users.update(tx, user.id, { status: 'active' }));
    });
  }
}

function invalidCredentials(): never {
  throw new Problem('invalid-credentials', 'Check both, or reset the password.');
}
