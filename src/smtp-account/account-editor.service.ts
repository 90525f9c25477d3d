import { randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type SmtpAccountRow, type Tx } from '#database';
import { Problem } from '#http';
import { type AccountFields, SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { SETTINGS, type Settings } from '#settings';
import { Vault } from '#vault';
import {
  accountDisabled,
  accountReadOnly,
  fieldsAtFault,
  hostRefused,
  nameTaken,
  noSuchAccount,
  secretRequired,
} from './account.errors.js';
import type { AccountWarning } from './account-view.js';
import { checkHosts } from './host-check.js';
import { leadsElsewhere, secretsToGiveAgain } from './pass-back.js';
import { renameSent } from './rename.query.js';
import {
  type AccountContent,
  chooseDefault,
  findAccount,
  forgetTokens,
  insertAccount,
  lockAccount,
  notifyOfAccounts,
  removeAccount,
  unchooseDefault,
  updateAccount,
} from './smtp-account.repository.js';
import { SmtpAccounts } from './smtp-accounts.service.js';
import { judgeFields, merged, openSecrets, sealSecrets, splitFields } from './stored-account.js';

/** What an operator says of an account: its settings, and how it stands among the others. */
export type AccountChange = AccountFields & {
  readonly name?: string | undefined;
  readonly enabled?: boolean | undefined;
  /** Lower is asked first. */
  readonly priority?: number | undefined;
};

/** Which account was written, and which of its hosts lead nowhere now. */
export interface WrittenAccount {
  readonly id: string;
  readonly warnings: readonly AccountWarning[];
}

/** The account after a change, found to be in order, not yet written. */
interface Draft {
  readonly content: Partial<AccountContent>;
  readonly warnings: readonly AccountWarning[];
  /** Do its secrets go elsewhere from now on? */
  readonly isElsewhere: boolean;
}

/** A change of name or standing only, which is possible whatever the settings have come to. */
const AS_IT_IS = { warnings: [], isElsewhere: false } as const;

const DEFAULTS = { enabled: true, priority: 100 } as const;

/** Tries before somebody is told that others change the same account all the time. */
const MOST_TRIES = 20;

/** Makes, changes and removes the accounts in the database. */
@Injectable()
export class AccountEditor {
  constructor(
    @Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined,
    @Inject(DATABASE) private readonly db: Db,
    @Inject(SETTINGS) private readonly settings: Settings,
    private readonly vault: Vault,
    private readonly accounts: SmtpAccounts,
  ) {}

  /** @throws {Problem} `validation-failed`, `host-refused`, `account-name-taken` */
  async create(change: AccountChange & { readonly name: string }): Promise<WrittenAccount> {
    const id = randomUUID();
    const { name, enabled = DEFAULTS.enabled, priority = DEFAULTS.priority, ...given } = change;
    const fields = merged({}, given);
    const warnings = await hostWarnings(this.#judged(fields, { id, name }), fields);
    const content = { name, enabled, priority, ...this.#sealed(id, fields) };
    await this.#write((tx) => insertAccount(tx, id, content));
    return { id, warnings };
  }

  /**
   * The fields that are there are changed, null removes one, the others stay.
   *
   * @throws {Problem} `not-found`, `account-read-only`, `validation-failed`, `secret-required`,
   *   `host-refused`, `account-name-taken`; `conflict` where others change it all the time
   */
  async change(id: string, change: AccountChange): Promise<WrittenAccount> {
    this.#refuseEnvironment(id);
    for (let tries = 0; tries < MOST_TRIES; tries += 1) {
      const found = (await findAccount(this.db, id)) ?? noSuchAccount();
      // Hosts are looked up meanwhile: no transaction waits for DNS, so the row is compared after.
      const draft = await this.#draft(found, change);
      const isDone = await this.#write(async (tx) => {
        const locked = (await lockAccount(tx, id)) ?? noSuchAccount();
        if (!isDeepStrictEqual(found, locked)) return false;
        await replaceAccount(tx, locked, draft);
        return true;
      });
      if (isDone) return { id, warnings: draft.warnings };
    }
    throw new Problem('conflict', 'Others are changing this account too. Try again in a moment.');
  }

  /** @throws {Problem} `not-found`, `account-read-only` */
  async remove(id: string): Promise<void> {
    this.#refuseEnvironment(id);
    await this.#write(async (tx) => {
      if (!(await removeAccount(tx, id))) noSuchAccount();
    });
  }

  /**
   * Makes it the one that is asked first.
   *
   * @throws {Problem} `not-found`, `account-disabled`
   */
  async makeDefault(id: string): Promise<void> {
    if (id === this.environment?.id) return this.#write((tx) => unchooseDefault(tx));
    await this.#write(async (tx) => {
      const { name, enabled } = (await lockAccount(tx, id)) ?? noSuchAccount();
      if (!enabled) accountDisabled(name);
      await chooseDefault(tx, id);
    });
  }

  #refuseEnvironment(id: string): void {
    if (id === this.environment?.id) accountReadOnly(this.environment.name === 'inbox');
  }

  async #draft(row: SmtpAccountRow, change: AccountChange): Promise<Draft> {
    const { id } = row;
    const { name = row.name, enabled = row.enabled, priority = row.priority, ...given } = change;
    const standing = { name, enabled, priority };
    if (Object.keys(given).length === 0) return { ...AS_IT_IS, content: standing };
    // Secrets that no key opens are lost; whatever is given now takes their place.
    const stored = openSecrets(row, this.vault) ?? {};
    const before = { ...(row.settings as AccountFields), ...stored };
    const fields = merged(before, given);
    const smtp = this.#judged(fields, { id, name });
    const was = judgeFields(before, row, this.settings);
    const usedBefore = was.ok ? was.smtp : undefined;
    const missing = secretsToGiveAgain({ stored, before: usedBefore, after: smtp, given });
    if (missing.length > 0) secretRequired(missing);
    return {
      content: { ...standing, ...this.#sealed(id, fields, stored) },
      warnings: await hostWarnings(smtp, fields),
      isElsewhere: !usedBefore || leadsElsewhere(usedBefore, smtp),
    };
  }

  #judged(fields: AccountFields, of: { id: string; name: string }): SmtpSettings {
    const judged = judgeFields(fields, of, this.settings);
    return judged.ok ? judged.smtp : fieldsAtFault(judged.faults);
  }

  #sealed(
    id: string,
    fields: AccountFields,
    stored?: AccountFields,
  ): Pick<AccountContent, 'settings' | 'secrets'> {
    const { settings, secrets } = splitFields(fields, stored);
    return { settings: JSON.stringify(settings), secrets: sealSecrets(id, secrets, this.vault) };
  }

  async #write<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    try {
      const written = await this.db.transaction().execute(async (tx) => {
        const done = await work(tx);
        await notifyOfAccounts(tx);
        return done;
      });
      // The others hear of it; here it is in use when the call is answered.
      await this.accounts.reload();
      return written;
    } catch (error) {
      // unique_violation: names are the only other thing that is unique
      if ((error as { code?: string }).code === '23505') nameTaken();
      throw error;
    }
  }
}

async function replaceAccount(
  tx: Tx,
  { id, name }: SmtpAccountRow,
  { content, isElsewhere }: Draft,
): Promise<void> {
  if (isElsewhere) await forgetTokens(tx, id);
  if (content.enabled === false) await unchooseDefault(tx, id);
  await updateAccount(tx, id, content);
  if (content.name !== undefined && content.name !== name) await renameSent(tx, name, content.name);
}

async function hostWarnings(
  smtp: SmtpSettings,
  fields: AccountFields,
): Promise<readonly AccountWarning[]> {
  const { refused, warnings } = await checkHosts(smtp, fields);
  if (refused.length > 0) hostRefused(refused);
  return warnings;
}
