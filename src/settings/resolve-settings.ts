import { resolve } from 'node:path';
import type { Findings } from './findings.js';
import type { Reading } from './read-settings.js';
import { looksRandom } from './secret-key.js';
import type { Settings } from './settings.js';
import type { settingsSchema } from './settings.schemas.js';

type General = Reading<(typeof settingsSchema)['shape']>;

/**
 * The general settings, with what one of them means for another: in production the unsafe
 * defaults are refused. The result is only valid where `findings` has no fault.
 *
 * @param inboxIsBuiltIn no SMTP server is configured, and mails go to the built-in inbox
 */
export function resolveSettings(
  given: General,
  inboxIsBuiltIn: boolean,
  findings: Findings,
): Settings {
  const nodeEnv = given.NODE_ENV ?? 'development';
  const port = given.PORT ?? 3000;
  if (nodeEnv === 'production') refuseUnsafeDefaults(given, findings);
  judgeRole(given, findings);
  judgeKeys(given, findings);
  if (given.SKIP_USER_VERIFICATION) warnOfSkippedVerification(findings);
  return {
    nodeEnv,
    port,
    httpHost: given.HTTP_HOST ?? (nodeEnv === 'production' ? '0.0.0.0' : '127.0.0.1'),
    adminWebUrl: given.ADMIN_WEB_URL ?? `http://localhost:${port}`,
    appName: given.APP_NAME ?? 'Gatepost',
    secretKey: given.SECRET_KEY,
    secretKeyPrevious: given.SECRET_KEY_PREVIOUS,
    databaseUrl: given.DATABASE_URL,
    dataDir: resolve(given.DATA_DIR ?? './data'),
    role: given.ROLE ?? 'all',
    firstAdminEmail: given.FIRST_ADMIN_EMAIL ?? (inboxIsBuiltIn ? 'admin@example.com' : undefined),
    passwordMinLength: given.PASSWORD_MIN_LENGTH ?? 15,
    rateLimit: given.RATE_LIMIT ?? 60,
    trustProxy: given.TRUST_PROXY,
    skipUserVerification: given.SKIP_USER_VERIFICATION ?? false,
    mailRedirectTo: given.MAIL_REDIRECT_TO,
    mailAllowTo: given.MAIL_ALLOW_TO,
    mailRetentionDays: given.MAIL_RETENTION ?? 30,
    smtpAllowPrivateHosts: given.SMTP_ALLOW_PRIVATE_HOSTS ?? false,
    smtpCheckAtStart: given.SMTP_CHECK_AT_START ?? true,
    logLevel: given.LOG_LEVEL ?? 'info',
  };
}

function refuseUnsafeDefaults(given: General, findings: Findings): void {
  if (given.ADMIN_WEB_URL === undefined)
    findings.refuse(
      'SETTING_MISSING',
      'ADMIN_WEB_URL',
      'In production every link in a mail begins with it, and no request can be trusted to name it.',
      'Write ADMIN_WEB_URL=https://app.your-domain.com with your own address.',
    );
  else if (!given.ADMIN_WEB_URL.startsWith('https://'))
    findings.refuse(
      'VALUE_INVALID',
      'ADMIN_WEB_URL',
      'In production links carry secrets that must not cross the network in clear text.',
      `Write ADMIN_WEB_URL=${given.ADMIN_WEB_URL.replace(/^http:/, 'https:')}.`,
    );
  if (given.SECRET_KEY === undefined)
    findings.refuse(
      'SETTING_MISSING',
      'SECRET_KEY',
      'In production the key has to outlive the data directory and be the same for every process.',
      'Write SECRET_KEY=… with the 64 digits that “openssl rand -hex 32” prints, once and for all, or SECRET_KEY_FILE=/path/to/file.',
    );
}

function judgeRole(given: General, findings: Findings): void {
  if (given.DATABASE_URL !== undefined || findings.isRefused('DATABASE_URL')) return;
  if (given.ROLE === 'worker')
    findings.refuse(
      'SETTING_MISSING',
      'DATABASE_URL',
      'A worker (ROLE=worker) shares its database with the API, and the embedded one belongs to a single process.',
      'Write DATABASE_URL=postgres://user:password@host:5432/database, or ROLE=all for one process.',
    );
  if (given.ROLE === 'api')
    findings.warn(
      'NOTHING_DELIVERS',
      'ROLE',
      'The embedded database belongs to this process alone, so no worker can deliver the mails it queues.',
      'Write ROLE=all, or DATABASE_URL=postgres://user:password@host:5432/database and start a worker.',
    );
}

function judgeKeys(given: General, findings: Findings): void {
  if (given.SECRET_KEY && !looksRandom(given.SECRET_KEY))
    findings.warn(
      'SECRET_KEY_WEAK',
      'SECRET_KEY',
      'The key repeats few bytes and does not look random, and whoever guesses it can sign in as anybody.',
      'Write SECRET_KEY=… with the 64 digits that “openssl rand -hex 32” prints.',
    );
}

function warnOfSkippedVerification(findings: Findings): void {
  findings.warn(
    'VERIFICATION_SKIPPED',
    'SKIP_USER_VERIFICATION',
    'Anybody can register with an address that is not theirs, and no verification mail is sent.',
    'Write SKIP_USER_VERIFICATION=false as soon as mail works.',
  );
}
