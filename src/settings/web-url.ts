import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { Refusal, refuse } from './fault.errors.js';

const example = 'https://app.your-domain.com';

/**
 * Origin and path prefix of links: `http` or `https`, without user information, query and
 * fragment. Canonical: domain in ASCII (UTS #46), no slash at the end.
 */
export function webUrl(text: string): string | Refusal {
  const url = URL.parse(text);
  if (!url || !/^https?:\/\//i.test(text) || /\s/.test(text))
    return invalid('This is no web address beginning with https:// or http://.');
  if (url.username || url.password)
    return invalid('User name and password do not belong into the links of a mail.');
  if (/[?#]/.test(text))
    return invalid('Links are made by adding a path, so it can have no ? and no #.');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

function invalid(why: string): Refusal {
  return refuse('VALUE_INVALID', why, example);
}

/** A DNS name in ASCII (RFC 1123, with `_`), or undefined. */
export function dnsName(text: string): string | undefined {
  // domainToASCII() parses a host of a URL: it also decodes %41 and stops at a slash.
  if (/[\0-,/:-@[-^`{-\x7f]/.test(text)) return undefined;
  const name = domainToASCII(text);
  const labels = name.split('.');
  const valid =
    name.length <= 253 &&
    labels.every((label) => /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/.test(label)) &&
    // The URL standard reads a name with a numeric last label as an IPv4 address.
    !/^\d+$/.test(labels.at(-1) ?? '');
  return valid ? name : undefined;
}

/** An address or name to listen on. */
export function listenHost(text: string): string | Refusal {
  const address = text.replace(/^\[(.*)\]$/, '$1');
  if (isIP(address)) return address;
  return (
    dnsName(text) ??
    refuse(
      'VALUE_INVALID',
      'This is neither an IP address nor a host name; the port has a setting of its own, PORT.',
      '127.0.0.1',
      '0.0.0.0',
    )
  );
}
