import {
  Inject,
  Injectable,
  Logger,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { DATABASE, DATABASE_CONNECTION, type DatabaseConnection, type Db } from '#database';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { SETTINGS, type Settings } from '#settings';
import { Vault } from '#vault';
import { AccountBreakers } from './account-breakers.service.js';
import { Reload } from './reload.js';
import { resealAccounts } from './reseal.query.js';
import { ACCOUNTS_CHANNEL, defaultAccountId, listAccounts } from './smtp-account.repository.js';
import { openStoredAccount } from './stored-account.js';

/**
 * The accounts by which mail can leave, as they are now: the one of the environment (or the
 * built-in inbox) and those in the database. Each process keeps them in memory and hears of each
 * change.
 */
@Injectable()
export class SmtpAccounts implements OnModuleInit, OnModuleDestroy {
  readonly #logger = new Logger('Accounts');
  readonly #subscribers = new Set<() => void>();
  readonly #reload = new Reload(
    () => this.#load(),
    (err) => this.#logger.warn({ err }, 'The SMTP accounts can not be read; trying again'),
  );
  #inDatabase: readonly SmtpSettings[] = [];
  #order: readonly SmtpSettings[] = [];
  #unlisten: (() => Promise<void>) | undefined;

  constructor(
    @Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASE) private readonly db: Db,
    @Inject(DATABASE_CONNECTION) private readonly connection: DatabaseConnection,
    private readonly vault: Vault,
    private readonly breakers: AccountBreakers,
  ) {}

  async onModuleInit(): Promise<void> {
    this.#unlisten = await this.connection.listen(ACCOUNTS_CHANNEL, () => void this.reload());
    await this.#load();
  }

  async onModuleDestroy(): Promise<void> {
    await this.#unlisten?.();
    await this.#reload.close();
  }

  /** Those that are enabled, in the order in which delivery asks them. */
  inOrder(): readonly SmtpSettings[] {
    return this.#order;
  }

  /** The one that is asked first; undefined: mail can't leave. */
  current(): SmtpSettings | undefined {
    return this.#order[0];
  }

  /** By id or name; of those in the database only the enabled ones. */
  find(idOrName: string): SmtpSettings | undefined {
    const all = this.environment ? [this.environment, ...this.#inDatabase] : this.#inDatabase;
    return all.find(({ id }) => id === idOrName) ?? all.find(({ name }) => name === idOrName);
  }

  /** Is there any that works, as far as is known? */
  state(): 'ok' | 'failing' | 'none' {
    if (this.#order.length === 0) return 'none';
    const works = this.#order.some((account) => this.breakers.failureOf(account) === undefined);
    return works ? 'ok' : 'failing';
  }

  /** Calls back when accounts have come, gone or changed. */
  onChanged(callback: () => void): void {
    this.#subscribers.add(callback);
  }

  /** Resolves when what the database has now is in use, or can't be read at the moment. */
  reload(): Promise<void> {
    return this.#reload.now();
  }

  /** Seals with the current key what the one before has sealed. @returns how many accounts */
  reseal(): Promise<number> {
    return resealAccounts(this.db, (secrets, id) => this.vault.reseal('smtp-account', secrets, id));
  }

  async #load(): Promise<void> {
    const [rows, chosen] = [await listAccounts(this.db), await defaultAccountId(this.db)];
    const accounts: SmtpSettings[] = [];
    for (const row of rows.filter(({ enabled }) => enabled)) {
      const opened = openStoredAccount(row, this.vault, this.settings);
      if (opened.ok) accounts.push(opened.smtp);
      else
        this.#logger.error(
          { account: row.name },
          `The SMTP account "${row.name}" is passed over: ${opened.error}`,
        );
    }
    this.#inDatabase = accounts;
    this.#order = inOrder(accounts, chosen, this.environment);
    for (const callback of this.#subscribers) callback();
  }
}

/**
 * The default first: the one that was chosen, else that of the environment, else the first by
 * priority; then the others. The built-in inbox never stands in for a real server, nor a real
 * server for the inbox: whoever tries things out must not mail strangers when something fails.
 */
export function inOrder(
  inDatabase: readonly SmtpSettings[],
  chosen: string | undefined,
  environment: SmtpSettings | undefined,
): readonly SmtpSettings[] {
  const first = inDatabase.find(({ id }) => id === chosen);
  const others = inDatabase.filter((account) => account !== first);
  if (environment?.name === 'inbox') return first ? [first, ...others] : [environment];
  return [...(first ? [first] : []), ...(environment ? [environment] : []), ...others];
}
