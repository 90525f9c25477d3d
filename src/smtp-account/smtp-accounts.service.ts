import { Inject, Injectable } from '@nestjs/common';
import { SMTP_SETTINGS, type SmtpSettings } from '#mailer-config';

/** The accounts by which mail can leave: the one from the environment, or the built-in inbox. */
@Injectable()
export class SmtpAccounts {
  #lastFailure: string | undefined;

  constructor(@Inject(SMTP_SETTINGS) private readonly environment: SmtpSettings | undefined) {}

  /** The account that mail leaves by; undefined where none is configured. */
  current(): SmtpSettings | undefined {
    return this.environment;
  }

  /**
   * Why the account itself failed last in this process, one sentence for people; undefined once a
   * mail has gone through again.
   */
  get lastFailure(): string | undefined {
    return this.#lastFailure;
  }

  succeeded(): void {
    this.#lastFailure = undefined;
  }

  failed(sentence: string): void {
    this.#lastFailure = sentence;
  }
}
