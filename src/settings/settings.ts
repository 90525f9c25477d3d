/** Everything but SMTP that an operator may set; see the README's table of settings. */
export interface Settings {
  readonly nodeEnv: 'development' | 'production' | 'test';
  /** TCP port; 0 picks a free one at start. */
  readonly port: number;
  readonly httpHost: string;
  /**
   * Origin and path prefix of every link in a mail, without a slash at its end. With `port` 0 and
   * no ADMIN_WEB_URL it names port 0, until the server knows the port it got.
   */
  readonly adminWebUrl: string;
  readonly appName: string;
  /** At least 32 bytes; undefined: made once into `dataDir`. */
  readonly secretKey: Buffer | undefined;
  readonly secretKeyPrevious: Buffer | undefined;
  /** `postgres://…`; undefined: PGlite in `dataDir`. */
  readonly databaseUrl: string | undefined;
  /** Absolute path. */
  readonly dataDir: string;
  readonly role: 'all' | 'api' | 'worker';
  /** Canonical address. */
  readonly firstAdminEmail: string | undefined;
  /** Characters (code points). */
  readonly passwordMinLength: number;
  /** Requests a minute and client on calls without a session. */
  readonly rateLimit: number | 'off';
  /** Number of proxy hops, or the proxies' addresses in CIDR notation. */
  readonly trustProxy: number | readonly string[] | undefined;
  readonly skipUserVerification: boolean;
  /** Canonical address that gets every mail instead of its recipient. */
  readonly mailRedirectTo: string | undefined;
  /** Canonical addresses, or `@domain`; undefined: no restriction. */
  readonly mailAllowTo: readonly string[] | undefined;
  /** How long a mail is kept after it has ended. */
  readonly mailRetentionDays: number | 'off';
  /** SMTP accounts added over the API may be on private addresses and unusual ports. */
  readonly smtpAllowPrivateHosts: boolean;
  /** The doctor looks at each SMTP account when a process begins that delivers. */
  readonly smtpCheckAtStart: boolean;
  readonly logLevel: 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';
}

/** Injection token of {@link Settings}. */
export const SETTINGS = Symbol('gatepost:settings');
