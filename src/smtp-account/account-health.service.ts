import { Inject, Injectable } from '@nestjs/common';
import { DATABASE, type Db, type SmtpAccountRow } from '#database';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';
import { AccessTokens, type TokenHealth } from '#oauth2';
import { SETTINGS, type Settings } from '#settings';
import { Vault } from '#vault';
import { AccountCheckups } from './account-checkups.service.js';
import { AccountBreakers } from './account-breakers.service.js';
import type { HealthView } from './health-view.js';
import { type HealthNote, readHealth } from './health.query.js';
import { listAccounts } from './smtp-account.repository.js';
import { type OpenedAccount, openStoredAccount } from './stored-account.js';

interface Judged {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly opened: OpenedAccount;
}

/** How the accounts are doing: what is written down, and what their breakers say. */
@Injectable()
export class AccountHealth {
  constructor(
    @Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(DATABASE) private readonly db: Db,
    private readonly vault: Vault,
    private readonly breakers: AccountBreakers,
    private readonly tokens: AccessTokens,
    private readonly checkups: AccountCheckups,
  ) {}

  /** By id; of accounts that there are. */
  async of(ids: readonly string[]): Promise<Map<string, HealthView>> {
    const rows = await listAccounts(this.db);
    const accounts = [...this.#ofEnvironment(), ...rows.map((row) => this.#judged(row))].filter(
      ({ id }) => ids.includes(id),
    );
    const usable = accounts.flatMap(({ opened }) => (opened.ok ? [opened.smtp] : []));
    const tokens = await this.tokens.states(usable);
    const checkups = await this.checkups.of(usable);
    const notes = new Map((await readHealth(this.db, accounts)).map((note) => [note.id, note]));
    return new Map(
      accounts.flatMap((account) => {
        const note = notes.get(account.id);
        return note
          ? [
              [
                account.id,
                {
                  ...this.#view(account, note, tokens.get(account.id)),
                  doctor: checkups.get(account.id) ?? null,
                },
              ] as const,
            ]
          : [];
      }),
    );
  }

  #ofEnvironment(): Judged[] {
    const smtp = this.environment;
    return smtp
      ? [{ id: smtp.id, name: smtp.name, enabled: true, opened: { ok: true, smtp } }]
      : [];
  }

  #judged(row: SmtpAccountRow): Judged {
    const opened = openStoredAccount(row, this.vault, this.settings);
    return { id: row.id, name: row.name, enabled: row.enabled, opened };
  }

  #view(
    { enabled, opened }: Judged,
    note: HealthNote,
    token: TokenHealth | undefined,
  ): Omit<HealthView, 'doctor'> {
    const smtp = opened.ok ? opened.smtp : undefined;
    const breaker = smtp ? this.breakers.stateOf(smtp) : 'closed';
    const { id: _id, ...known } = note;
    return {
      ...known,
      status: this.#status(enabled, smtp, note, token),
      breaker,
      retryAt:
        smtp && breaker !== 'closed' ? new Date(Date.now() + this.breakers.pauseLeft(smtp)) : null,
      lastFailure: opened.ok ? note.lastFailure : opened.error,
      maxPerMinute: smtp?.maxPerMinute ?? null,
      maxPerDay: smtp?.maxPerDay ?? null,
      tokenExpiresAt: token?.tokenExpiresAt ?? null,
    };
  }

  #status(
    enabled: boolean,
    smtp: SmtpSettings | undefined,
    note: HealthNote,
    token: TokenHealth | undefined,
  ): HealthView['status'] {
    if (!enabled) return 'disabled';
    if (!smtp) return 'invalid';
    if (token?.needsConsent !== undefined) return 'needs-consent';
    if (this.breakers.stateOf(smtp) !== 'closed') return 'paused';
    if (this.breakers.failureOf(smtp) !== undefined) return 'failing';
    return note.lastSuccessAt ? 'ok' : 'unused';
  }
}
