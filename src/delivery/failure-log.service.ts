import { Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';

/** Milliseconds from the first line about a failure to the one that sums it up. */
const PERIOD = 60_000;

/** Mails of a failure and period that have a line each. */
const TOLD_EACH = 10;

/** One mail that did not get through, as the log has it. */
export interface FailedTry {
  readonly mailId: string;
  readonly kind: string;
  readonly account: string | undefined;
  /** This try included. */
  readonly attempts: number;
  readonly outcome: string;
  readonly stage: string;
  readonly replyCode: number | undefined;
  readonly enhancedCode: string | undefined;
}

/** A failure of this period. */
interface Told {
  mails: number;
  /** The newest mail that has no line of its own. */
  untold: readonly [facts: FailedTry, error: string] | undefined;
  readonly timer: NodeJS.Timeout;
}

/**
 * Failed tries in the log: the first mails of a failure each, then how many more there were, once a
 * minute. A server that defers a hundred thousand mails must not fill a disk with the same line;
 * what became of each mail is in its timeline.
 */
@Injectable()
export class FailureLog implements OnApplicationShutdown {
  readonly #logger = new Logger('Delivery');
  readonly #told = new Map<string, Told>();

  /** @param error what went wrong and what to do next */
  tell(facts: FailedTry, error: string): void {
    const { account, outcome, stage, replyCode } = facts;
    const failure = JSON.stringify([account, outcome, stage, replyCode]);
    const told = this.#told.get(failure) ?? this.#begin(failure);
    told.mails += 1;
    if (told.mails <= TOLD_EACH) this.#logger.warn(facts, error);
    else told.untold = [facts, error];
  }

  onApplicationShutdown(): void {
    for (const [failure, told] of this.#told) {
      clearTimeout(told.timer);
      this.#sumUp(failure, told);
    }
  }

  #begin(failure: string): Told {
    const timer = setTimeout(() => this.#sumUp(failure, told), PERIOD).unref();
    const told: Told = { mails: 0, untold: undefined, timer };
    this.#told.set(failure, told);
    return told;
  }

  #sumUp(failure: string, { mails, untold }: Told): void {
    this.#told.delete(failure);
    if (!untold) return;
    const [facts, error] = untold;
    const more = mails - TOLD_EACH;
    this.#logger.warn(
      { ...facts, more },
      `${more} more ${more === 1 ? 'mail' : 'mails'} within a minute, the last: ${error}`,
    );
  }
}
