/** Another living process holds the data directory. */
export class DataDirectoryLocked extends Error {
  constructor(
    readonly path: string,
    readonly holderPid: number | undefined,
  ) {
    const holder = holderPid ? `the process with PID ${holderPid}` : 'another process';
    super(
      `The data directory ${path} is in use by ${holder}. Stop that process first, ` +
        `or give this one a directory of its own with DATA_DIR.`,
    );
  }
}

/** The data directory can't be made, read or written. */
export class DataDirectoryUnusable extends Error {
  constructor(path: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(
      `The data directory ${path} can not be used: ${reason}. Make it writable for this user, ` +
        `or name another one with DATA_DIR.`,
      { cause },
    );
  }
}

/** PostgreSQL does not answer, or the embedded database can't be opened. */
export class DatabaseUnreachable extends Error {
  constructor(where: string, cause: unknown) {
    const reason = describe(cause);
    super(
      `The database ${where} can not be opened: ${reason}. Check that it runs and that ` +
        `DATABASE_URL names its host, port, database, user and password.`,
      { cause },
    );
  }
}

function describe(cause: unknown): string {
  if (cause instanceof AggregateError && cause.errors.length > 0) return describe(cause.errors[0]);
  return cause instanceof Error && cause.message ? cause.message : String(cause);
}
