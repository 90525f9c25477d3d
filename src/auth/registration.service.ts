import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type Tx, type UserRow } from '#database';
import { Problem } from '#http';
import { type Admission, MailboxBudget, MailService } from '#mail';
import { FRESH_CODE_SECONDS, lifetimeSeconds, OneTimeTokens } from '#one-time-token';
import { SETTINGS, type Settings } from '#settings';
import { endSessions, lockAddress, UserRepository } from '#user';
import { NewPassword } from './new-password.service.js';
import { PasswordHasher } from './password-hasher.service.js';
import type { NewRegistration, VerificationState } from './registration.schemas.js';
import type { Session } from './session.schemas.js';
import { SessionService } from './session.service.js';

type Account = Pick<UserRow, 'name' | 'locale' | 'password_hash'>;

/**
 * From an address to an account that its owner has proved. What is answered depends on the budget
 * of the mailbox alone, which is kept for every address: known, unknown and disabled look alike.
 */
@Injectable()
export class RegistrationService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
    private readonly budget: MailboxBudget,
    private readonly newPassword: NewPassword,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionService,
  ) {}

  /**
   * Whoever registers an address has a code mailed to it that belongs to this registration: with
   * another password comes another code, and the one before is dead. Repeating a registration
   * just after the first, as a second press of the button does, changes nothing.
   *
   * @throws {Problem} `validation-failed`, `busy`
   */
  async register({ email, password, name, locale }: NewRegistration): Promise<VerificationState> {
    const account: Account = {
      name: name ?? null,
      locale: locale ?? 'en',
      password_hash: await this.newPassword.accept(password, email),
    };
    const before = await this.users.findByEmail(this.db, email);
    const pending = before?.status === 'unverified' ? before.password_hash : null;
    // Made for every address, so that the time it takes tells nothing.
    const isSamePassword = await this.hasher.verify(pending, password);
    return this.db.transaction().execute(async (tx) => {
      await lockAddress(tx, email);
      const user = await this.users.findByEmail(tx, email);
      if (this.settings.skipUserVerification) return this.#openAtOnce(tx, email, account, user);
      // Each registration counts, mailed or not: what is counted must not depend on the account.
      const admission = await this.budget.admit(tx, email, 'verification', { cooldown: false });
      const isUnchanged = isSamePassword || user?.password_hash !== before?.password_hash;
      const isRepeated = isUnchanged && (await this.tokens.hasFreshCode(tx, email));
      await this.#put(tx, email, account, user, admission, isRepeated);
      return stateOf(admission);
    });
  }

  /** @throws {Problem} `too-many-requests`, for known and unknown addresses alike */
  async resend(email: string): Promise<VerificationState> {
    if (this.settings.skipUserVerification) return { verification: { required: false } };
    const admission = await this.db.transaction().execute(async (tx) => {
      await lockAddress(tx, email);
      const admission = await this.budget.admit(tx, email, 'verification');
      const user = await this.users.findByEmail(tx, email);
      if (admission.admitted && user?.status === 'unverified') await this.#sendCode(tx, user);
      if (admission.admitted && user?.status === 'active')
        await this.mail.sendAccountExists(tx, { to: email, locale: user.locale });
      return admission;
    });
    if (admission.admitted) return stateOf(admission);
    const { retryAfterSeconds: retryAfter } = admission;
    throw new Problem('too-many-requests', `Wait ${retryAfter} seconds and try again.`, {
      retryAfter,
    });
  }

  /**
   * The code proves the address: the account is active and belongs to who holds this session, and
   * to no one from before.
   *
   * @throws {Problem} `invalid-code`
   */
  async verify(email: string, code: string): Promise<Session> {
    const grant = (await this.tokens.tryCode(email, code)) ?? invalidCode();
    return this.db.transaction().execute(async (tx) => {
      await lockAddress(tx, email);
      const user = await this.users.lockById(tx, grant.reference);
      if (user?.status !== 'unverified' || !(await this.tokens.spend(tx, grant)))
        return invalidCode();
      await this.mail.cancelWaiting(tx, 'verification-code', email, 'The address is verified');
      await endSessions(tx, user.id);
      return this.sessions.start(tx, await this.users.update(tx, user.id, { status: 'active' }));
    });
  }

  async #put(
    tx: Tx,
    email: string,
    account: Account,
    user: UserRow | undefined,
    { admitted, cooledDown }: Admission,
    isRepeated: boolean,
  ): Promise<void> {
    if (!user) {
      const unverified = { ...account, email, role: 'member', status: 'unverified' } as const;
      const created = await this.users.insert(tx, unverified);
      if (admitted) await this.#sendCode(tx, created);
      return;
    }
    switch (user.status) {
      case 'unverified':
        // A password and the code that opens it belong together. Taken over without a new code,
        // the owner's code, still on its way, would open an account with a stranger's password.
        if (admitted && !isRepeated)
          await this.#sendCode(tx, await this.users.update(tx, user.id, account));
        return;
      case 'active':
        if (admitted && cooledDown)
          await this.mail.sendAccountExists(tx, { to: email, locale: user.locale });
        return;
      case 'disabled':
        // Its owner was shut out; a mail would invite to try what can't work.
        return;
      default:
        return user.status satisfies never;
    }
  }

  async #sendCode(tx: Tx, { id, email, locale }: UserRow): Promise<void> {
    const { secret, expiresAt } = await this.tokens.issueCode(tx, {
      subject: email,
      reference: id,
    });
    await this.mail.sendVerificationCode(tx, { to: email, locale, code: secret, expiresAt });
  }

  /** SKIP_USER_VERIFICATION: the operator vouches for every address. Known ones are left alone. */
  async #openAtOnce(
    tx: Tx,
    email: string,
    account: Account,
    user: UserRow | undefined,
  ): Promise<VerificationState> {
    const open = { ...account, status: 'active' } as const;
    if (!user) await this.users.insert(tx, { ...open, email, role: 'member' });
    else if (user.status === 'unverified') await this.users.update(tx, user.id, open);
    return { verification: { required: false } };
  }
}

/** Never promises more than is true: a registration just repeated keeps the code of the first. */
function stateOf({ earlier, lastLetThrough, nextAllowedAt }: Admission): VerificationState {
  const sentAt = (lastLetThrough ?? nextAllowedAt).getTime();
  const isClose = earlier && sentAt - earlier.getTime() < FRESH_CODE_SECONDS * 1_000;
  const from = isClose ? earlier.getTime() : sentAt;
  const expiresAt = new Date(from + lifetimeSeconds['verification-code'] * 1_000);
  return {
    verification: {
      required: true,
      expiresAt: expiresAt.toISOString(),
      resendAfter: nextAllowedAt.toISOString(),
    },
  };
}

function invalidCode(): never {
  throw new Problem(
    'invalid-code',
    'Check the six digits of the newest mail, or ask for a new code.',
  );
}
