import { BlockList, isIP } from 'node:net';
import { dnsName, Refusal, refuse } from '#settings';

const example = 'smtp.your-provider.com';

/** A mail server: IP address, or DNS name in ASCII (UTS #46). */
export function smtpHost(text: string): string | Refusal {
  if (text === '')
    return new Refusal(
      'HOST_MISSING',
      'The setting is there but empty, and names no mail server.',
      (name) => `Write ${name}=${example}, or remove ${name} to use the built-in inbox.`,
    );
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return withScheme(text);
  if (text.includes('@'))
    return refuse(
      'HOST_IS_ADDRESS',
      'This is a mail address, but the name of a mail server is wanted here.',
      example,
    );
  const address = text.replace(/^\[([^\]]*)\]$/, '$1');
  if (isIP(address)) return address;
  return withPort(text) ?? withDot(text) ?? dnsName(text) ?? malformed();
}

function withScheme(text: string): Refusal {
  const url = URL.parse(text);
  // With a stray / or # in a password, what parses as the host would be a part of a secret.
  const isClear = url && !/[@?#]/.test(url.pathname + url.search + url.hash);
  const host = (isClear ? dnsName(url.hostname) : undefined) ?? example;
  return new Refusal(
    'HOST_HAS_SCHEME',
    'This is a URL, but a host name is wanted here: the scheme is said by SMTP_TLS.',
    (name) => `Write ${name}=${host}, the bare name, or give the whole URL as SMTP_URL.`,
  );
}

function withPort(text: string): Refusal | undefined {
  const [, host, port] = /^(\[[^\]]*\]|[^:]*):(\d*)$/.exec(text) ?? [];
  if (!host) return undefined;
  return new Refusal(
    'HOST_HAS_PORT',
    'The port has a setting of its own.',
    (name) => `Write ${name}=${host.replace(/[[\]]/g, '')} and SMTP_PORT=${port || '587'}.`,
  );
}

function withDot(text: string): Refusal | undefined {
  if (!text.endsWith('.') || !dnsName(text.slice(0, -1))) return undefined;
  return refuse(
    'HOST_TRAILING_DOT',
    'A dot at the end would be sent to the server as part of the name (RFC 6066 forbids it), and the certificate may not fit it.',
    text.slice(0, -1),
  );
}

function malformed(): Refusal {
  return refuse('VALUE_INVALID', 'This is neither a host name nor an IP address.', example);
}

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Does this host, canonical, never leave the machine? */
export function isLoopback(host: string): boolean {
  const family = isIP(host);
  if (family) return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4');
  return host === 'localhost' || host.endsWith('.localhost');
}

/** Names that RFC 2606 keeps for examples. */
export function isExampleDomain(domain: string): boolean {
  return /(?:^|\.)(?:example|example\.(?:com|net|org)|your-?domain\.\w+)$/.test(domain);
}
