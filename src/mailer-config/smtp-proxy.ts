import { type FaultCode, Refusal } from '#settings';
import { smtpHost } from './smtp-host.js';

/** A proxy on the way to the server. */
export interface SmtpProxy {
  /** `http`: CONNECT (RFC 9110 section 9.3.6); `socks5`: RFC 1928 and RFC 1929. */
  readonly protocol: 'http' | 'socks4' | 'socks4a' | 'socks5';
  readonly host: string;
  readonly port: number;
  /** Percent-decoded; they are told to the proxy and to nobody else. */
  readonly username: string | undefined;
  readonly password: string | undefined;
}

// The URL standard drops an explicit :80 of http://, so nothing else can be its default.
const DEFAULT_PORTS = { http: 80, socks4: 1080, socks4a: 1080, socks5: 1080 } as const;

/** RFC 1929: a length is one octet. */
const MAX_SOCKS5_OCTETS = 255;

/** `http://`, `socks4://`, `socks4a://` or `socks5://` with `user:password@host:port`. */
export function smtpProxy(text: string): SmtpProxy | Refusal {
  const scheme = /^(?:(http|socks4|socks4a|socks5)|socks5h):\/\//i.exec(text);
  if (!scheme)
    return refuse(
      'VALUE_INVALID',
      'The URL begins with none of http://, socks4://, socks4a:// and socks5://.',
    );
  // curl writes socks5h:// where the proxy resolves the name, as it always does here
  const protocol = (scheme[1]?.toLowerCase() ?? 'socks5') as SmtpProxy['protocol'];
  const url = URL.parse(text);
  if (!url || /^\/./.test(url.pathname) || /[?#]/.test(text))
    return refuse(
      'VALUE_INVALID',
      'This URL can not be read; often user name or password contain one of :/?#[]@%, which must be percent-encoded (# as %23, / as %2F, @ as %40, % as %25).',
    );
  if (url.port === '0') return refuse('VALUE_INVALID', 'There is no port 0.');
  const host = url.hostname && smtpHost(decoded(url.hostname) ?? '');
  if (!host || host instanceof Refusal)
    return refuse('VALUE_INVALID', 'The URL names no valid host.');
  const username = decoded(url.username);
  const password = decoded(url.password);
  if (username === undefined || password === undefined)
    return refuse(
      'VALUE_INVALID',
      'A % in user name or password that begins no percent-encoding is written %25.',
    );
  return (
    wrongSignIn(protocol, username, password) ?? {
      protocol,
      host,
      port: url.port ? Number(url.port) : DEFAULT_PORTS[protocol],
      username: username || undefined,
      password: password || undefined,
    }
  );
}

function wrongSignIn(
  protocol: SmtpProxy['protocol'],
  username: string,
  password: string,
): Refusal | undefined {
  if (/\p{Cc}/u.test(username + password))
    return refuse('VALUE_INVALID', 'User name or password contain a control character.');
  if (protocol === 'socks4' || protocol === 'socks4a')
    return password
      ? refuse('VALUE_INVALID', 'SOCKS4 knows a user name, but no password.')
      : undefined;
  if ((username === '') !== (password === ''))
    return refuse(
      'CREDENTIALS_HALF',
      `The URL has a ${username ? 'user name but no password' : 'password but no user name'}, so that nobody could sign in at the proxy.`,
    );
  // RFC 7617 section 2: the first colon ends the user name
  if (protocol === 'http' && username.includes(':'))
    return refuse('VALUE_INVALID', 'At an HTTP proxy a user name can contain no colon.');
  const longest = Math.max(Buffer.byteLength(username), Buffer.byteLength(password));
  return protocol === 'socks5' && longest > MAX_SOCKS5_OCTETS
    ? refuse('VALUE_INVALID', 'SOCKS5 takes user name and password of at most 255 octets each.')
    : undefined;
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function refuse(code: FaultCode, why: string): Refusal {
  return new Refusal(
    code,
    why,
    (name) =>
      `Write ${name}=socks5://user:password@proxy:1080 or ${name}=http://user:password@proxy:3128, user and password percent-encoded, or without them.`,
  );
}
