import { Refusal } from '#settings';
import { smtpHost } from './smtp-host.js';

/** What SMTP_URL stands for. */
export interface SmtpUrl {
  readonly host: string;
  /** Undefined: by TLS, 465 or 587. */
  readonly port: number | undefined;
  /** `smtps`: TLS from the first byte. */
  readonly tls: boolean;
  /** Percent-decoded. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

/**
 * `smtp://user:password@host:port` or `smtps://…`, user and password percent-decoded
 * (RFC 3986 section 2.1). Without user information it is a relay without sign-in.
 */
export function smtpUrl(text: string): SmtpUrl | Refusal {
  if (!/^smtps?:\/\//i.test(text))
    return invalid('The URL begins with neither smtp:// nor smtps://.');
  const url = URL.parse(text);
  if (!url || url.hash || /^\/./.test(url.pathname))
    return invalid(
      'This URL can not be read; often user name or password contain one of :/?#[]@%, which must be percent-encoded (# as %23, / as %2F, @ as %40, % as %25).',
    );
  if (url.search)
    return invalid('Options behind a ? are not read; each of them is a setting of its own here.');
  if (url.port === '0') return invalid('There is no port 0.');
  const host = url.hostname && smtpHost(decoded(url.hostname) ?? '');
  if (!host || host instanceof Refusal) return invalid('The URL names no valid host.');
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === undefined || password === undefined)
    return invalid('A % in user name or password that begins no percent-encoding is written %25.');
  if (/\p{Cc}/u.test(username + password))
    return invalid('User name or password contain a control character.');
  return {
    host,
    port: url.port ? Number(url.port) : undefined,
    tls: url.protocol === 'smtps:',
    username: username || undefined,
    password: password || undefined,
  };
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function invalid(why: string): Refusal {
  return new Refusal(
    'VALUE_INVALID',
    why,
    (name) =>
      `Write ${name}=smtps://user:password@host:465 or ${name}=smtp://user:password@host:587, user and password percent-encoded.`,
  );
}
