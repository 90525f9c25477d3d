/** Every error code of the HTTP interface; each has one meaning and one status. */
export const problems = {
  'validation-failed': { status: 400, title: 'The request is not valid' },
  'malformed-request': { status: 400, title: 'The request can not be read' },
  'malformed-body': { status: 400, title: 'The body is not valid JSON' },
  'invalid-code': { status: 400, title: 'This code is not valid' },
  'invalid-token': { status: 400, title: 'This link is not valid' },
  unauthenticated: { status: 401, title: 'Sign in first' },
  'invalid-credentials': { status: 401, title: 'E-mail address or password is wrong' },
  'invalid-refresh-token': { status: 401, title: 'This session has ended' },
  forbidden: { status: 403, title: 'Your role does not allow this' },
  'email-not-verified': { status: 403, title: 'The e-mail address is not verified yet' },
  'not-found': { status: 404, title: 'Not found' },
  'method-not-allowed': { status: 405, title: 'This method is not allowed here' },
  'last-admin': { status: 409, title: 'The last admin has to stay' },
  'not-verified': { status: 409, title: 'The address of this account is not verified yet' },
  'already-a-user': { status: 409, title: 'This address has an account already' },
  'invitation-not-pending': { status: 409, title: 'This invitation is no longer open' },
  'spent-secret': { status: 409, title: 'The code or link in this mail is no longer valid' },
  'mail-not-retryable': { status: 409, title: 'This mail can not be sent again' },
  'mail-not-cancellable': { status: 409, title: 'This mail can not be cancelled' },
  'account-name-taken': { status: 409, title: 'Another SMTP account has this name' },
  'account-read-only': { status: 409, title: 'This SMTP account is not set here' },
  'account-disabled': { status: 409, title: 'This SMTP account is disabled' },
  'consent-not-possible': { status: 409, title: 'Nobody can consent for this SMTP account' },
  'doctor-busy': { status: 409, title: 'The doctor is with somebody else' },
  conflict: { status: 409, title: 'This was changed by somebody else meanwhile' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body is not JSON' },
  'secret-required': { status: 422, title: 'The secrets of the account are needed again' },
  'host-refused': { status: 422, title: 'An SMTP account must not lead there' },
  'recipient-not-own': { status: 422, title: 'A test mail goes to your own address only' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'internal-error': { status: 500, title: 'Something went wrong on our side' },
  busy: { status: 503, title: 'Too much to do at the moment' },
  'database-unavailable': { status: 503, title: 'The database can not be reached' },
  'not-ready': { status: 503, title: 'This server can not take everything at the moment' },
  'shutting-down': { status: 503, title: 'This server is ending' },
  'insufficient-storage': { status: 507, title: 'There is no room left to store this' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof problems;

/** One field that is not valid. */
export interface FieldError {
  /** Path of the field, dots between its parts; empty for the body itself. */
  field: string;
  message: string;
}

/** An answer of RFC 9457 (`application/problem+json`); the filter writes it. */
export class Problem extends Error {
  readonly status: number;
  readonly title: string;

  constructor(
    readonly code: ProblemCode,
    /** What happened here and what to do next, for people. */
    readonly detail: string,
    readonly options: {
      errors?: FieldError[];
      /** Seconds; becomes the Retry-After header. */
      retryAfter?: number;
      cause?: unknown;
    } = {},
  ) {
    super(detail, { cause: options.cause });
    this.status = problems[code].status;
    this.title = problems[code].title;
  }
}
