import { isIP } from 'node:net';
import type { Environment, Findings, Reading } from '#settings';
import { credentials } from './credentials.js';
import { namedServer } from './named-server.js';
import { judgeSignIn } from './provider-remarks.js';
import { givenOAuth2 } from './oauth2-completeness.js';
import { judgeCompleteness, judgeProxy, judgeUrl } from './smtp-completeness.js';
import { connectionSecurity } from './smtp-security.js';
import { remarkOnSmtp } from './smtp-remarks.js';
import { type Rung, RUNGS } from './pipelining.js';
import type { SmtpSettings } from './smtp-settings.js';
import type { smtpSchema } from './smtp-settings.schemas.js';
import { addressLiteral } from './smtp-values.js';

export type SmtpReading = Reading<(typeof smtpSchema)['shape']>;

/** Whose settings they are, and what is said where they are silent. */
export interface AccountContext extends Pick<SmtpSettings, 'id' | 'name' | 'source' | 'reach'> {
  /** Display name of a sender without one. */
  readonly appName: string;
  /** Its host is the name in EHLO. */
  readonly adminWebUrl: string;
}

/**
 * One account, with what one setting means for another: the same for the environment and for an
 * account that came over the API.
 *
 * @returns undefined where a setting it needs is at fault
 */
export function resolveAccount(
  given: SmtpReading,
  { appName, adminWebUrl, ...identity }: AccountContext,
  environment: Environment,
  findings: Findings,
): SmtpSettings | undefined {
  judgeUrl(environment, findings);
  judgeCompleteness(given, environment, findings);
  const { host, port, tls } = namedServer(given, findings);
  const auth = credentials(given, host, environment, findings);
  const undecided = findings.isRefused(
    'SMTP_URL',
    'SMTP_PROVIDER',
    'SMTP_TLS',
    'SMTP_OPPORTUNISTIC_TLS',
    'SMTP_PORT',
    'SMTP_TLS_ANY_PORT',
    'SMTP_REQUIRE_TLS',
    'SMTP_ALLOW_PLAINTEXT_AUTH',
  );
  const security = undecided
    ? undefined
    : connectionSecurity(
        {
          host,
          port,
          tls,
          opportunistic: given.SMTP_OPPORTUNISTIC_TLS,
          requireTls: given.SMTP_REQUIRE_TLS,
          anyPort: given.SMTP_TLS_ANY_PORT ?? false,
          allowPlaintextAuth: given.SMTP_ALLOW_PLAINTEXT_AUTH ?? false,
          proxied: environment.has('SMTP_PROXY'),
          secret: secretToSend(auth, environment),
          fromUrl: given.SMTP_URL !== undefined,
        },
        findings,
      );
  judgeProxy(given.SMTP_PROXY, host, findings);
  remarkOnSmtp(given, auth?.password, environment, findings);
  if (host && auth) judgeSignIn(given, host, auth, findings);
  const from = given.SMTP_SENDER;
  if (!host || !security || !auth || !from) return undefined;
  return {
    ...identity,
    host,
    ...security,
    tls: {
      minVersion: given.SMTP_CIPHER_SPEC?.minVersion ?? 'TLSv1.2',
      ciphers: given.SMTP_CIPHER_SPEC?.ciphers,
      ca: given.SMTP_TLS_CA_FILE,
      cert: given.SMTP_TLS_CERT_FILE,
      key: given.SMTP_TLS_KEY_FILE,
      servername: given.SMTP_TLS_SERVERNAME,
      insecure: given.SMTP_TLS_INSECURE ?? false,
    },
    auth,
    sender: { name: (from.name ?? appName) || undefined, address: from.address },
    replyTo: given.SMTP_REPLY_TO,
    returnPath: given.SMTP_RETURN_PATH,
    bcc: given.SMTP_BCC,
    readReceiptTo: given.SMTP_READ_RECEIPT_TO,
    footer: given.SMTP_FOOTER,
    ehloName: given.SMTP_EHLO_NAME ?? ehloNameOf(adminWebUrl),
    localAddress: given.SMTP_LOCAL_ADDRESS,
    proxy: given.SMTP_PROXY,
    dkim: dkimOf(given),
    maxConnections: given.SMTP_MAX_CONNECTIONS ?? given.SMTP_PROVIDER?.maxConnections ?? 5,
    pipelining: rungOf(given.SMTP_PIPELINING),
    maxInFlight: given.SMTP_MAX_IN_FLIGHT ?? 16,
    maxPerMinute: given.SMTP_MAX_PER_MINUTE ?? given.SMTP_PROVIDER?.maxPerMinute,
    maxPerDay: given.SMTP_MAX_PER_DAY ?? given.SMTP_PROVIDER?.maxPerDay,
    timeouts: {
      connect: given.SMTP_TIMEOUT_CONNECT ?? 10_000,
      greeting: given.SMTP_TIMEOUT_GREETING ?? 10_000,
      command: given.SMTP_TIMEOUT_COMMAND ?? 30_000,
      data: given.SMTP_TIMEOUT_DATA ?? 120_000,
    },
  };
}

const rungOf = (given: SmtpReading['SMTP_PIPELINING']): Rung =>
  given === undefined || given === 'auto' ? RUNGS[0] : given;

function secretToSend(
  auth: SmtpSettings['auth'] | undefined,
  environment: Environment,
): 'password' | 'access token' | undefined {
  if (givenOAuth2(environment).length > 0) return 'access token';
  const hasPassword = environment.has('SMTP_PASSWORD') || auth?.password !== undefined;
  return hasPassword ? 'password' : undefined;
}

function dkimOf(given: SmtpReading): SmtpSettings['dkim'] {
  const { SMTP_DKIM_DOMAIN: domain, SMTP_DKIM_SELECTOR: selector } = given;
  const privateKey = given.SMTP_DKIM_KEY_FILE;
  return domain && selector && privateKey ? { domain, selector, privateKey } : undefined;
}

function ehloNameOf(adminWebUrl: string): string {
  const host = new URL(adminWebUrl).hostname.replace(/^\[(.*)\]$/, '$1');
  return isIP(host) ? addressLiteral(host) : host;
}
