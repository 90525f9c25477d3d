import { Inject, Injectable, Logger } from '@nestjs/common';
import { DATABASE, type Db, sql, type Tx } from '#database';
import { SETTINGS, type Settings } from '#settings';
import { InvitationRepository } from './invitation.repository.js';
import { InvitationService } from './invitation.service.js';
import { UserRepository } from './user.repository.js';

/** What became of the first admin: `promoted` where that address had an account already. */
export type FirstAdminOutcome = 'not-needed' | 'invited' | 'promoted' | 'disabled';

/** Sees at start that somebody can let others in. */
@Injectable()
export class FirstAdmin {
  readonly #logger = new Logger('FirstAdmin');

  constructor(
    @Inject(DATABASE) private readonly db: Db,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly users: UserRepository,
    private readonly invitations: InvitationRepository,
    private readonly service: InvitationService,
  ) {}

  /** Safe to call again and from several processes at once. */
  async ensure(): Promise<FirstAdminOutcome> {
    const email = this.settings.firstAdminEmail;
    if (email === undefined) return 'not-needed';
    const outcome = await this.db.transaction().execute((tx) => this.#ensureIn(tx, email));
    this.#tell(outcome, email);
    return outcome;
  }

  async #ensureIn(tx: Tx, email: string): Promise<FirstAdminOutcome> {
    await sql`select pg_advisory_xact_lock(hashtextextended('first admin', 0))`.execute(tx);
    const admins = await this.users.lockActiveAdmins(tx);
    if (admins.length > 0 || (await this.invitations.hasOpenForAdmin(tx))) return 'not-needed';
    const user = await this.users.findByEmail(tx, email);
    if (!user || user.status === 'unverified') {
      await this.service.inviteIn(tx, { email, role: 'admin' });
      return 'invited';
    }
    switch (user.status) {
      case 'active':
        await this.users.update(tx, user.id, { role: 'admin' });
        return 'promoted';
      case 'disabled':
        return 'disabled';
      default:
        return user.status satisfies never;
    }
  }

  #tell(outcome: FirstAdminOutcome, email: string): void {
    switch (outcome) {
      case 'not-needed':
        return;
      case 'invited':
        return this.#logger.log(
          `There is no admin yet. The invitation for ${email} is on its way.`,
        );
      case 'promoted':
        return this.#logger.log(`There was no admin. ${email} (FIRST_ADMIN_EMAIL) is one now.`);
      case 'disabled':
        return this.#logger.warn(
          `There is no admin, and the account of ${email} (FIRST_ADMIN_EMAIL) is disabled. ` +
            'Set FIRST_ADMIN_EMAIL to another address.',
        );
      default:
        return outcome satisfies never;
    }
  }
}
