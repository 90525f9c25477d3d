import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type Tx, type UserRow } from '#database';
import { decodeCursor, type Page, pageOf, Problem } from '#http';
import { MailService } from '#mail';
import { OneTimeTokens } from '#one-time-token';
import { lockAddress } from './address-lock.query.js';
import { endSessions } from './session-end.query.js';
import { toUser, UserRepository } from './user.repository.js';
import type { ProfileChange, User } from './user.schemas.js';

/** What an admin may change of somebody's account. */
export interface AccountChange {
  role?: 'admin' | 'member' | undefined;
  status?: 'active' | 'disabled' | undefined;
}

@Injectable()
export class UserService {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly users: UserRepository,
    private readonly tokens: OneTimeTokens,
    private readonly mail: MailService,
  ) {}

  /** @throws {Problem} `not-found` */
  async get(id: string): Promise<User> {
    return toUser((await this.users.findById(this.db, id)) ?? noSuchUser());
  }

  async changeProfile(id: string, change: ProfileChange): Promise<User> {
    return this.db.transaction().execute(async (tx) => {
      return toUser(await this.users.update(tx, id, defined(change)));
    });
  }

  /** Newest first. */
  async list(query: { limit: number; cursor?: string | undefined }): Promise<Page<User>> {
    const rows = await this.users.list(this.db, query.limit + 1, decodeCursor(query.cursor));
    return pageOf(rows, query.limit, (row) => ({ at: row.created_at, id: row.id }), toUser);
  }

  /**
   * @throws {Problem} `not-found`; `last-admin` rather than leaving nobody who can let others in;
   *   `not-verified`: to give a role to an address, or to open it, is its owner's proof to bring
   */
  async administer(id: string, change: AccountChange): Promise<User> {
    return this.db.transaction().execute(async (tx) => {
      const found = (await this.users.findById(tx, id)) ?? noSuchUser();
      await lockAddress(tx, found.email);
      const admins = await this.users.lockActiveAdmins(tx);
      const user = (await this.users.lockById(tx, id)) ?? noSuchUser();
      if (user.status === 'unverified') notVerified();
      const staysAdmin =
        (change.role ?? user.role) === 'admin' && (change.status ?? user.status) === 'active';
      if (!staysAdmin && admins.length === 1 && admins[0] === id) lastAdmin();
      if (change.status === 'disabled') await this.#shutOut(tx, user);
      return toUser(await this.users.update(tx, id, defined(change)));
    });
  }

  /** Nothing that was handed out before lets a disabled user back in, now or once re-enabled. */
  async #shutOut(tx: Tx, user: UserRow): Promise<void> {
    await endSessions(tx, user.id);
    await this.tokens.revoke(tx, 'password-reset', user.email);
    await this.mail.cancelWaiting(
      tx,
      'password-reset',
      user.email,
      'The account was disabled meanwhile',
    );
  }
}

/** Without the fields that are undefined, which must not become `set column = null`. */
function defined<T extends object>(change: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(change).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as { [K in keyof T]: Exclude<T[K], undefined> };
}

function noSuchUser(): never {
  throw new Problem('not-found', 'There is no user with this id. GET /admin/users lists them.');
}

function notVerified(): never {
  throw new Problem(
    'not-verified',
    'Nobody has proved to own this address yet. Invite the address instead.',
  );
}

function lastAdmin(): never {
  throw new Problem('last-admin', 'Make somebody else an admin first.');
}
