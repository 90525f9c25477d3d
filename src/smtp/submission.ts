import type { ComposedMessage } from './compose.js';
import { type Cause, ComposeError } from './smtp.errors.js';
import type { Transcript } from './transcript.js';
import type { Outcome, Stage } from './verdict.js';

/** How an attempt to hand a message over ended. */
export interface Ending {
  readonly outcome: Outcome;
  readonly stage: Stage;
  readonly why: Cause;
  /**
   * Nothing of this message was handed over, and what ended the connection was its age, or another
   * message on it: a new connection may be tried at once.
   */
  readonly again?: boolean | undefined;
}

/** A message, and where it is written down what is said about it. */
export interface Outgoing {
  readonly transcript: Transcript;
  /** The access tokens it has to do with: nothing of what is said may repeat them. */
  readonly tokens: Set<string>;
  /**
   * @param eightBit the server takes 8BITMIME
   * @throws ComposeError
   */
  readonly compose: (eightBit: boolean) => ComposedMessage;
}

/** What an attempt is bound to. */
export interface Bounds {
  /** Ends the attempt, as long as the end of the message is not written. */
  readonly signal: AbortSignal;
  /** `performance.now()` from which on nothing is handed over any more. */
  readonly notAfter: number;
  /** Asked right before the message is handed over: is it still for us to do? */
  readonly mayHandOver: () => boolean;
  /** `performance.now()` until which it waits where other processes have all connections. */
  readonly patientUntil: number;
  /** Only a connection that was opened later than this will do (`performance.now()`). */
  readonly openedAfter: number;
}

/** One message on its way through the pool, until it is told how that ended. */
export class Submission {
  readonly #done = Promise.withResolvers<Ending>();

  constructor(
    private readonly outgoing: Outgoing,
    readonly bounds: Bounds,
  ) {}

  get ended(): Promise<Ending> {
    return this.#done.promise;
  }

  get transcript(): Transcript {
    return this.outgoing.transcript;
  }

  get tokens(): Set<string> {
    return this.outgoing.tokens;
  }

  /** @returns undefined where it can't be composed, which is its end */
  compose(eightBit: boolean): ComposedMessage | undefined {
    try {
      return this.outgoing.compose(eightBit);
    } catch (error) {
      if (error instanceof ComposeError) this.end(unfit(error));
      else this.fail(error);
      return undefined;
    }
  }

  /** May its message be handed over now? */
  mayHandOver(): boolean {
    const { signal, notAfter, mayHandOver } = this.bounds;
    return !signal.aborted && performance.now() < notAfter && mayHandOver();
  }

  end(ending: Ending): void {
    this.#done.resolve(ending);
  }

  /** For a fault of our own. */
  fail(fault: unknown): void {
    this.#done.reject(fault as Error);
  }
}

/** Nobody waits for it any more, and nothing was handed over. */
export const givenUp = (stage: Stage): Ending => ({
  outcome: 'deferred',
  stage,
  why: { kind: 'aborted' },
});

/** It can't be put on the wire as it is. */
export const unfit = ({ fault, message }: ComposeError): Ending => ({
  outcome: fault === 'message' ? 'rejected' : 'account-failed',
  stage: 'mail',
  why: { kind: 'policy', sentence: message },
});
