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

/** The disk of the data directory has no room left to work on. */
export class DataDirectoryFull extends Error {
  /** @param free what is left, and `needed` what there should be, for people */
  constructor(path: string, free: string, needed: string) {
    super(
      `The data directory ${path} has no room left: only ${free} are free on its disk. Free at least ` +
        `${needed}, or name a directory on a larger disk with DATA_DIR.`,
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

/** What is in the database is of a version after this one. */
export class DatabaseOfNewerVersion extends Error {
  /** @param migrations the names of those that this version does not know */
  constructor(migrations: string[]) {
    super(
      `The database was brought up to date by a newer version of Gatepost (${migrations.join(', ')}), ` +
        `and this version would misread it. Start that version or a later one again; to go back to ` +
        `this one, restore the backup from before the upgrade.`,
    );
  }
}

/** The embedded database has ended in the middle; what it was asked may or may not be done. */
export class EmbeddedDatabaseEnded extends Error {
  /** SQLSTATE crash_shutdown, which a PostgreSQL server says to its clients then. */
  readonly code = '57P02';

  constructor(reason: string) {
    super(`The embedded database has ended: ${reason}`);
  }
}

/** The embedded database is not open at this moment, and is being opened again. */
export class EmbeddedDatabaseAway extends Error {
  /** SQLSTATE cannot_connect_now. */
  readonly code = '57P03';

  constructor() {
    super('The embedded database is not open at the moment');
  }
}

/** PostgreSQL holds the connection and does not answer on it. */
export class DatabaseSilent extends Error {
  /** As of a socket without an answer. */
  readonly code = 'ETIMEDOUT';

  constructor(options: ErrorOptions) {
    super('The database did not answer in time', options);
  }
}

/** The disk of the embedded database is so full that nothing new is taken in. */
export class StorageLow extends Error {
  /** SQLSTATE disk_full. */
  readonly code = '53100';

  constructor() {
    super('The disk of DATA_DIR is almost full: free some space, then try again');
  }
}
