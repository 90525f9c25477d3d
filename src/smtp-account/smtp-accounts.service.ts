import { Inject, Injectable } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';

/** How an account has fared since this process began. */
export interface AccountHealth {
  lastSuccessAt: Date | undefined;
  lastFailureAt: Date | undefined;
  /** One sentence for people; undefined once a mail has gone through again. */
  lastFailure: string | undefined;
}

/** The accounts by which mail can leave: the one from the environment, or the built-in inbox. */
@Injectable()
export class SmtpAccounts {
  readonly #health: AccountHealth = {
    lastSuccessAt: undefined,
    lastFailureAt: undefined,
    lastFailure: undefined,
  };

  constructor(@Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined) {}

  /** The account that mail leaves by; undefined where none is configured. */
  current(): SmtpSettings | undefined {
    return this.environment;
  }

  succeeded(): void {
    this.#health.lastSuccessAt = new Date();
    this.#health.lastFailure = undefined;
  }

  failed(sentence: string): void {
    this.#health.lastFailureAt = new Date();
    this.#health.lastFailure = sentence;
  }

  health(): Readonly<AccountHealth> {
    return this.#health;
  }
}
