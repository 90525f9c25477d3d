import { z } from 'zod';
import { setting } from './setting.js';
import { databaseUrl, proxies, rateLimit, recipients, retention } from './general-values.js';
import { secretKey } from './secret-key.js';
import { anyText, boolean, emailAddress, oneOf, port, wholeNumber } from './values.js';
import { listenHost, webUrl } from './web-url.js';

const general = 'General';
const accounts = 'Accounts';
const storage = 'Database and keys';
const mail = 'Mail';

/** Every setting but `SMTP_*`, each described once. */
export const settingsSchema = z.object({
  NODE_ENV: setting(
    {
      group: general,
      default: 'development',
      meaning: '`production` makes the unsafe defaults below refuse to start; or `test`',
    },
    oneOf('development', 'production', 'test'),
  ),
  ROLE: setting(
    {
      group: general,
      default: 'all',
      meaning: '`all`, `api` (HTTP only) or `worker` (delivery only; needs `DATABASE_URL`)',
    },
    oneOf('all', 'api', 'worker'),
  ),
  PORT: setting(
    {
      group: general,
      default: '3000',
      meaning: 'where HTTP listens; `0` picks a free port and logs it',
    },
    port(0, '3000'),
  ),
  HTTP_HOST: setting(
    {
      group: general,
      otherwise: '`127.0.0.1` (`0.0.0.0` in production)',
      example: '127.0.0.1',
      meaning: 'the address HTTP listens on',
    },
    listenHost,
  ),
  ADMIN_WEB_URL: setting(
    {
      group: general,
      otherwise: '`http://localhost:PORT`',
      example: 'http://localhost:3000',
      meaning:
        'origin (and path prefix) of every link in a mail; required and `https` in production; never taken from a request',
    },
    webUrl,
  ),
  APP_NAME: setting(
    {
      group: general,
      default: 'Gatepost',
      meaning: 'product name in mails and the display name of a bare `SMTP_SENDER`',
    },
    anyText,
  ),
  TRUST_PROXY: setting(
    {
      group: general,
      meaning:
        'number of proxy hops, or comma list of addresses and CIDR ranges, whose `X-Forwarded-*` is believed',
    },
    proxies,
  ),
  LOG_LEVEL: setting(
    {
      group: general,
      default: 'info',
      meaning: '`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`',
    },
    oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  ),
  SECRET_KEY: setting(
    {
      group: storage,
      otherwise: 'made once into `DATA_DIR`, mode 0600',
      example: 'changeme',
      placeholder: true,
      secret: true,
      meaning:
        'at least 32 random bytes, hex or base64 (`openssl rand -hex 32`); all other keys are derived from it; required in production',
    },
    secretKey,
  ),
  SECRET_KEY_PREVIOUS: setting(
    {
      group: storage,
      secret: true,
      meaning: 'the key before this one, while keys are being rotated',
    },
    secretKey,
  ),
  DATABASE_URL: setting(
    {
      group: storage,
      otherwise: 'none: embedded PGlite in `DATA_DIR`',
      secret: true,
      meaning: '`postgres://user:password@host:5432/database` for PostgreSQL 14 or newer',
    },
    databaseUrl,
  ),
  DATA_DIR: setting(
    {
      group: storage,
      default: './data',
      meaning: 'embedded database, generated key, lock',
    },
    anyText,
  ),
  FIRST_ADMIN_EMAIL: setting(
    {
      group: accounts,
      otherwise: '`admin@example.com` with the built-in inbox, else none',
      example: 'admin@example.com',
      meaning:
        'when there is no admin and no open admin invitation, invite this address as `admin` at start',
    },
    emailAddress,
  ),
  PASSWORD_MIN_LENGTH: setting(
    {
      group: accounts,
      default: '15',
      meaning: '8 to 64 characters; NIST SP 800-63B-4 asks for 15 where nothing else protects',
    },
    wholeNumber(8, 64, 15),
  ),
  RATE_LIMIT: setting(
    {
      group: accounts,
      default: '60',
      meaning:
        'requests a minute and client on calls without a session; `off` for none. Budgets per address and code hold regardless',
    },
    rateLimit,
  ),
  SKIP_USER_VERIFICATION: setting(
    {
      group: accounts,
      default: 'false',
      meaning:
        'accounts need no verification mail; logs one warning at start and one for each mail not sent; shown in readiness and admin',
    },
    boolean,
  ),
  MAIL_REDIRECT_TO: setting(
    {
      group: mail,
      meaning:
        'staging: every mail goes to this address, original recipient in `X-Original-To` and the subject',
    },
    emailAddress,
  ),
  MAIL_ALLOW_TO: setting(
    {
      group: mail,
      meaning:
        'staging: comma list of addresses or `@domain`; other recipients are recorded as `held`, never sent',
    },
    recipients,
  ),
  MAIL_RETENTION: setting(
    {
      group: mail,
      default: '30d',
      meaning:
        'days that a mail and its timeline are kept after it has ended, `1d` to `3650d`; `off` keeps them for ever',
    },
    retention,
  ),
  SMTP_ALLOW_PRIVATE_HOSTS: setting(
    {
      group: mail,
      default: 'false',
      meaning:
        'admins may add SMTP accounts on private addresses and unusual ports (settings of the environment always may)',
    },
    boolean,
  ),
  SMTP_CHECK_AT_START: setting(
    {
      group: mail,
      default: 'true',
      meaning:
        'look at each SMTP account soon after the start, as far as the sign-in, and log what keeps mail from going',
    },
    boolean,
  ),
});
