import { randomUUID } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type SmtpAccountRow } from '#database';
import {
  type AccountFields,
  type AccountSettings,
  SMTP_SETTINGS,
  type SmtpSettings,
} from '#mailer-config';
import { SETTINGS, type Settings } from '#settings';
import { Vault } from '#vault';
import {
  accountReadOnly,
  hostRefused,
  noSuchAccount,
  secretRequired,
  secretsLost,
} from './account.errors.js';
import { checkHosts } from './host-check.js';
import { secretsToGiveAgain } from './pass-back.js';
import { findAccount } from './smtp-account.repository.js';
import { SmtpAccounts } from './smtp-accounts.service.js';
import { merged, openSecrets, readFields } from './stored-account.js';

/** What is to be examined. */
export interface AccountTrial {
  /** As people call it; null: settings that nobody has saved. */
  readonly name: string | null;
  /** What was read; undefined: the account of the environment, which was judged at start. */
  readonly read: AccountSettings | undefined;
  /** The account as it is kept: its own access tokens are used. */
  readonly saved: SmtpSettings | undefined;
  /** Does mail go to this host and port anyway? What answers there is known to the operator. */
  readonly isKnownServer: boolean;
}

/** Opens accounts, and settings that are not saved yet, to be tried out. Nothing is changed. */
@Injectable()
export class AccountTrials {
  constructor(
    @Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
    private readonly accounts: SmtpAccounts,
  ) {}

  /**
   * An account as it is; disabled ones too.
   *
   * @throws {Problem} `not-found`, `secret-required`, `host-refused`
   */
  async ofAccount(id: string): Promise<AccountTrial> {
    const { environment } = this;
    if (environment && id === environment.id)
      return { name: environment.name, read: undefined, saved: environment, isKnownServer: true };
    const { row, fields } = await this.#find(id);
    const read = readFields(fields, row, this.settings);
    await refuseHosts(read, fields);
    return { name: row.name, read, saved: read.smtp, isKnownServer: true };
  }

  /**
   * Settings by themselves.
   *
   * @throws {Problem} `host-refused`
   */
  async ofSettings(given: AccountFields): Promise<AccountTrial> {
    const fields = merged({}, given);
    const read = readFields(fields, { id: randomUUID(), name: 'unsaved' }, this.settings);
    await refuseHosts(read, fields);
    return { name: null, read, saved: undefined, isKnownServer: this.#isKnown(read.smtp) };
  }

  /**
   * An account as it would be with these changes. Its secrets are used only for whom and where they
   * were given: a changed user name asks for them again as a changed server does.
   *
   * @throws {Problem} `not-found`, `account-read-only`, `secret-required`, `host-refused`
   */
  async ofChange(id: string, given: AccountFields): Promise<AccountTrial> {
    if (id === this.environment?.id) accountReadOnly(this.environment.name === 'inbox');
    const { row, fields: before, secrets } = await this.#find(id);
    const fields = merged(before, given);
    const read = readFields(fields, row, this.settings);
    if (read.smtp) {
      const was = readFields(before, row, this.settings).smtp;
      const isSameUser = was?.auth.username === read.smtp.auth.username;
      const missing = secretsToGiveAgain({
        stored: secrets,
        before: isSameUser ? was : undefined,
        after: read.smtp,
        given,
      });
      if (missing.length > 0) secretRequired(missing);
    }
    await refuseHosts(read, fields);
    return { name: row.name, read, saved: undefined, isKnownServer: this.#isKnown(read.smtp) };
  }

  async #find(
    id: string,
  ): Promise<{ row: SmtpAccountRow; fields: AccountFields; secrets: AccountFields }> {
    const row = id === 'environment' ? undefined : await findAccount(this.db, id);
    if (!row) noSuchAccount();
    const secrets = openSecrets(row, this.vault) ?? secretsLost(row.name);
    return { row, secrets, fields: { ...(row.settings as AccountFields), ...secrets } };
  }

  #isKnown(smtp: SmtpSettings | undefined): boolean {
    return this.accounts
      .inOrder()
      .some(({ host, port }) => host === smtp?.host && port === smtp.port);
  }
}

/** Before anything is connected to. */
async function refuseHosts({ smtp }: AccountSettings, fields: AccountFields): Promise<void> {
  if (!smtp || smtp.reach === 'any') return;
  const { refused } = await checkHosts(smtp, fields);
  if (refused.length > 0) hostRefused(refused);
}
