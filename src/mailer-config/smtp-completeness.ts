import { isIPv6 } from 'node:net';
import { createSecureContext } from 'node:tls';
import type { Environment, Findings } from '#settings';
import type { SmtpReading } from './resolve-account.js';
import type { SmtpContext } from './resolve-smtp-settings.js';
import type { SmtpProxy } from './smtp-proxy.js';
import { smtpSchema } from './smtp-settings.schemas.js';

/** No server: refused in production, since nobody could register; else what is set is useless. */
export function judgeAbsence(
  context: SmtpContext,
  environment: Environment,
  findings: Findings,
): void {
  const others = Object.keys(smtpSchema.shape).filter((name) => environment.has(name));
  const set =
    others.length > 0
      ? ` (${new Intl.ListFormat('en').format(others)} ${others.length === 1 ? 'is' : 'are'} set)`
      : '';
  if (context.production && !context.skipUserVerification)
    findings.refuse(
      'HOST_MISSING',
      'SMTP_HOST',
      `In production nobody could register without a mail server, and none is named${set}.`,
      'Write SMTP_HOST=smtp.your-provider.com and SMTP_SENDER=noreply@your-domain, or SKIP_USER_VERIFICATION=true to do without mail.',
    );
  else if (context.role !== 'all' && !context.skipUserVerification)
    findings.refuse(
      'HOST_MISSING',
      'SMTP_HOST',
      `A process of ROLE=${context.role} has no built-in inbox to share: mail would end where nobody can read it.`,
      'Write SMTP_HOST=smtp.your-provider.com and SMTP_SENDER=noreply@your-domain, or ROLE=all for one process with the built-in inbox.',
    );
  else if (others.length > 0)
    findings.warn(
      'HOST_MISSING',
      'SMTP_HOST',
      `No mail server is named, so what is set for it has no effect${set}.`,
      `Write SMTP_HOST=smtp.your-provider.com, or remove the other SMTP_* settings${context.production ? '' : ' to use the built-in inbox'}.`,
    );
}

/** SMTP_URL stands instead of the settings it says. */
export function judgeUrl(environment: Environment, findings: Findings): void {
  if (!environment.has('SMTP_URL')) return;
  for (const name of ['SMTP_HOST', 'SMTP_PORT', 'SMTP_USERNAME', 'SMTP_PASSWORD', 'SMTP_TLS'])
    if (environment.has(name))
      findings.refuse(
        'SETTING_CONFLICT',
        name,
        'SMTP_URL says host, port, user, password and TLS already.',
        `Remove ${name}, or remove SMTP_URL and write SMTP_HOST=… and its companions.`,
      );
}

/** SOCKS4 has four octets for an address. */
export function judgeProxy(
  proxy: SmtpProxy | undefined,
  host: string | undefined,
  findings: Findings,
): void {
  if (proxy?.protocol.startsWith('socks4') && host && isIPv6(host))
    findings.refuse(
      'SETTING_CONFLICT',
      'SMTP_PROXY',
      'SOCKS4 reaches no IPv6 address, and the mail server is given as one.',
      'Write SMTP_PROXY=socks5://… if the proxy speaks SOCKS5, or give the mail server by its name.',
    );
}

const companions = [
  ['SMTP_TLS_CERT_FILE', 'SMTP_TLS_KEY_FILE', 'A client certificate works only with its key.'],
  ['SMTP_TLS_KEY_FILE', 'SMTP_TLS_CERT_FILE', 'A key works only with its client certificate.'],
  ['SMTP_DKIM_DOMAIN', 'SMTP_DKIM_SELECTOR', 'A DKIM signature names domain and selector.'],
  ['SMTP_DKIM_DOMAIN', 'SMTP_DKIM_KEY_FILE', 'A DKIM signature needs a key.'],
  ['SMTP_DKIM_SELECTOR', 'SMTP_DKIM_DOMAIN', 'A DKIM signature names domain and selector.'],
  ['SMTP_DKIM_KEY_FILE', 'SMTP_DKIM_DOMAIN', 'A DKIM signature names the domain it is for.'],
] as const;

const forms: Readonly<Record<string, string>> = {
  SMTP_TLS_CERT_FILE: '/path/to/cert.pem',
  SMTP_TLS_KEY_FILE: '/path/to/key.pem',
  SMTP_DKIM_DOMAIN: 'your-domain',
  SMTP_DKIM_SELECTOR: 'mail',
  SMTP_DKIM_KEY_FILE: '/path/to/dkim.pem',
};

/** What a server needs, and what works only together. */
export function judgeCompleteness(
  given: SmtpReading,
  environment: Environment,
  findings: Findings,
): void {
  if (!environment.has('SMTP_SENDER'))
    findings.refuse(
      'SETTING_MISSING',
      'SMTP_SENDER',
      'A mail server is named, but not who its mails come from.',
      'Write SMTP_SENDER=noreply@your-domain with an address the server lets you send from.',
    );
  for (const [name, needed, why] of companions)
    if (environment.has(name) && !environment.has(needed))
      findings.refuse(
        'SETTING_MISSING',
        needed,
        why,
        `Write ${needed}=${forms[needed]} as well, or remove ${name}.`,
      );
  const { SMTP_TLS_CERT_FILE: cert, SMTP_TLS_KEY_FILE: key } = given;
  if (cert && key && !fitTogether(cert, key))
    findings.refuse(
      'FILE_INVALID',
      'SMTP_TLS_KEY_FILE',
      'This key does not belong to the certificate of SMTP_TLS_CERT_FILE.',
      'Write SMTP_TLS_KEY_FILE=/path/to/key.pem with the key the certificate was made for.',
    );
}

function fitTogether(cert: string, key: string): boolean {
  try {
    createSecureContext({ cert, key });
    return true;
  } catch {
    return false;
  }
}
