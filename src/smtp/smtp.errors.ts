import type { Reply } from './reply.js';
import type { Fault, Stage } from './verdict.js';

/** Why an attempt ended other than by a good reply. */
export type Cause =
  | { readonly kind: 'reply'; readonly reply: Reply }
  /** What came is no SMTP reply. */
  | { readonly kind: 'malformed'; readonly received: string }
  /** The connection ended, or never came to be; `code` is Node's or OpenSSL's. */
  | { readonly kind: 'lost'; readonly code: string | undefined; readonly received: string }
  | { readonly kind: 'deadline'; readonly ms: number }
  /** We refused to go on: no encryption, no sign-in, too big. The sentence says it all. */
  | { readonly kind: 'policy'; readonly sentence: string; readonly fault?: Fault }
  /** The caller's signal, or `close()`. */
  | { readonly kind: 'aborted' };

/** An attempt that ended at a stage. */
export class SmtpFailure extends Error {
  constructor(
    readonly stage: Stage,
    readonly why: Cause,
  ) {
    super(`${why.kind} at ${stage}`);
  }
}

/** The server does not take this access token; another one may do. */
export class TokenRefused extends SmtpFailure {
  // private, so that no logger finds it among the properties
  readonly #token: string;

  constructor(token: string, why: Cause) {
    super('auth', why);
    this.#token = token;
  }

  get token(): string {
    return this.#token;
  }
}

/** A message that can't be put on the wire as it is. */
export class ComposeError extends Error {
  constructor(
    /** Would another message of this account fare better? */
    readonly fault: 'account' | 'message',
    /** For people. */
    message: string,
  ) {
    super(message);
  }
}
