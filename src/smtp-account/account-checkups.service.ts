import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import type { SmtpSettings } from '#mailer-config';
import { Vault } from '#vault';
import { claimCheckup, noteCheckup, readCheckups } from './checkup.query.js';

/** What the doctor said of an account. */
export interface Checkup {
  /** `OK`, or the cause of what is wrong. */
  readonly code: string;
  /** A sentence without a full stop. */
  readonly title: string;
}

/** A check-up, and when it was. */
export interface DatedCheckup extends Checkup {
  readonly at: Date;
}

/** The doctor's last word on each account, as all processes know it. */
@Injectable()
export class AccountCheckups {
  constructor(
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
  ) {}

  /** @returns whether it is for the caller to look: nobody has done so just now */
  claim(account: SmtpSettings): Promise<boolean> {
    return claimCheckup(this.db, account.id, this.#fingerprintOf(account));
  }

  async note(account: SmtpSettings, { code, title }: Checkup): Promise<void> {
    const fingerprint = this.#fingerprintOf(account);
    await noteCheckup(this.db, { accountId: account.id, fingerprint, code, title });
  }

  /** By the accounts' ids; none where he has not looked since their settings changed. */
  async of(accounts: readonly SmtpSettings[]): Promise<Map<string, DatedCheckup>> {
    const rows = await readCheckups(this.db);
    const checkups = new Map<string, DatedCheckup>();
    for (const account of accounts) {
      const row = rows.find(({ accountId }) => accountId === account.id);
      if (row?.fingerprint.equals(this.#fingerprintOf(account)))
        checkups.set(account.id, { code: row.code, title: row.title, at: row.at });
    }
    return checkups;
  }

  // Keyed, since a password is among what it is made of.
  #fingerprintOf(account: SmtpSettings): Buffer {
    return this.vault.hmac('smtp-account', JSON.stringify(account));
  }
}
