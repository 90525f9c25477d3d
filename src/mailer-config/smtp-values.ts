import { isIP } from 'node:net';
import { RUNGS } from './pipelining.js';
import { dnsName, oneOf, Refusal, refuse } from '#settings';

/** A password as it is; what can only have come with a careless paste is refused. */
export function password(text: string): string | Refusal {
  const invisible = /[\p{Default_Ignorable_Code_Point}\p{Cf}\u00a0\u2800]/u.exec(text)?.[0];
  if (!invisible) return text;
  const point = invisible.codePointAt(0)?.toString(16).toUpperCase().padStart(4, '0');
  return new Refusal(
    'PASSWORD_INVISIBLE',
    `The value contains an invisible character (U+${point}), which came with a copy from a page or document.`,
    (name) => `Write ${name}=… typed by hand or copied as plain text.`,
  );
}

/**
 * Does a user name look like a key? At some providers it is one (Postmark), and keys are often
 * put into the wrong one of the two settings.
 */
export function looksLikeKey(username: string): boolean {
  if (/^["']?(?:SG\.|re_|xsmtpsib-|xkeysib-)/.test(username)) return true;
  return username.length >= 20 && /\d/.test(username) && !/[@\s\\]/.test(username.trim());
}

/** Does a password look as if it had been encoded for a URL? */
export function looksPercentEncoded(password: string): boolean {
  const codes = password.match(/%[0-9a-f]{2}/gi);
  return codes !== null && password.split('%').length - 1 === codes.length;
}

/** How to sign in (RFC 4954). */
export const authMethod = oneOf(
  'auto',
  'none',
  'plain',
  'login',
  'cram-md5',
  'ntlm',
  'xoauth2',
  'oauthbearer',
);

/** How mails share a connection; see {@link RUNGS}. */
export const pipelining = oneOf('auto', ...RUNGS);

/** A Windows domain or computer name: NetBIOS or DNS. */
export function ntlmName(text: string): string | Refusal {
  return /^[^\s\p{C}\\/:*?"<>|@]{1,255}$/u.test(text)
    ? text
    : refuse('VALUE_INVALID', 'This is no name of a Windows domain or computer.', 'EXAMPLE');
}

/** What a client may call itself in EHLO (RFC 5321 section 4.1.3): a name or an address literal. */
export function ehloName(text: string): string | Refusal {
  const literal = /^\[(?:IPv6:)?([^\]]*)\]$/i.exec(text)?.[1];
  if (literal !== undefined && isIP(literal)) return addressLiteral(literal);
  if (isIP(text)) return addressLiteral(text);
  return (
    dnsName(text) ??
    refuse('VALUE_INVALID', 'This is no host name a client could call itself.', 'app.your-domain')
  );
}

export function addressLiteral(address: string): string {
  return isIP(address) === 6 ? `[IPv6:${address}]` : `[${address}]`;
}

/** An address of this machine to connect from. */
export function localAddress(text: string): string | Refusal {
  return isIP(text)
    ? text
    : refuse('VALUE_INVALID', 'This is no IP address of this machine.', '192.0.2.10');
}

/** A DNS name, where an address would not do. */
export function domainName(text: string): string | Refusal {
  const name = isIP(text) ? undefined : dnsName(text);
  return name ?? refuse('VALUE_INVALID', 'This is no domain name.', 'your-domain.com');
}

/** One label or more, the part of a DNS name before `._domainkey` (RFC 6376 section 3.1). */
export function dkimSelector(text: string): string | Refusal {
  return (
    dnsName(text) ??
    refuse(
      'VALUE_INVALID',
      'A selector is the part before ._domainkey in the name of the DNS record.',
      'mail',
    )
  );
}
