import type { SmtpSettings } from '#mailer-config';

/**
 * How many mails may be under way at once after an account could not be reached: a server that
 * comes back is not met by all that has waited for it. One at first, one more with each that is
 * taken, so that the number doubles with each round, until there is nothing left to hold back.
 */
export class SlowStart {
  #most = Infinity;

  get most(): number {
    return this.#most;
  }

  begin(): void {
    this.#most = 1;
  }

  accepted({ maxConnections, maxInFlight }: Pick<SmtpSettings, 'maxConnections' | 'maxInFlight'>) {
    this.#most = this.#most >= maxConnections * maxInFlight ? Infinity : this.#most + 1;
  }
}
