import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db } from '#database';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { SETTINGS, type Settings } from '#settings';
import { Vault } from '#vault';
import { noSuchAccount } from './account.errors.js';
import { AccountHealth } from './account-health.service.js';
import { comparePlaces, defaultOf, type Place, placeOf } from './account-order.js';
import { type AccountView, viewOfEnvironment, viewOfRow } from './account-view.js';
import type { HealthView } from './health-view.js';
import { defaultAccountId, listAccounts } from './smtp-account.repository.js';

/** An account among the others. */
export interface ListedAccount extends AccountView {
  readonly isDefault: boolean;
  /** In the list. */
  readonly place: Place;
  readonly health: HealthView;
}

/** All accounts for people to see: that of the environment and those in the database. */
@Injectable()
export class AccountDirectory {
  constructor(
    @Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
    private readonly health: AccountHealth,
  ) {}

  /** In the order of delivery; disabled ones too. */
  async list(limit: number, after?: Place): Promise<ListedAccount[]> {
    const accounts = await this.#all();
    const rest = after ? accounts.filter(({ place }) => comparePlaces(place, after) > 0) : accounts;
    return this.#withHealth(rest.slice(0, limit));
  }

  /** @throws {Problem} `not-found` */
  async show(id: string): Promise<ListedAccount> {
    const account = (await this.#all()).find((each) => each.id === id) ?? noSuchAccount();
    const [listed] = await this.#withHealth([account]);
    return listed ?? noSuchAccount();
  }

  // They are few, and the environment's stands among them: no query could sort them all.
  async #all(): Promise<Omit<ListedAccount, 'health'>[]> {
    const rows = await listAccounts(this.db);
    const chosen = await defaultAccountId(this.db);
    const first = defaultOf(rows, chosen, this.environment !== undefined);
    const views = rows.map((row) => viewOfRow(row, this.vault, this.settings));
    if (this.environment) views.push(viewOfEnvironment(this.environment));
    return views
      .map((view) => {
        const isDefault = view.id === first;
        return { ...view, isDefault, place: placeOf({ ...view, isDefault }) };
      })
      .toSorted((a, b) => comparePlaces(a.place, b.place));
  }

  async #withHealth(accounts: Omit<ListedAccount, 'health'>[]): Promise<ListedAccount[]> {
    const health = await this.health.of(accounts.map(({ id }) => id));
    return accounts.flatMap((account) => {
      const of = health.get(account.id);
      return of ? [{ ...account, health: of }] : [];
    });
  }
}
