import { BlockList, isIP } from 'node:net';
import { parseEmailAddress } from '#address';
import { type Refusal, refuse } from './fault.errors.js';

/** A connection string of PostgreSQL; where its parts are wrong only the driver can say. */
export function databaseUrl(text: string): string | Refusal {
  const form = 'postgres://user:password@host:5432/database';
  if (!/^postgres(?:ql)?:\/\//i.test(text))
    return refuse(
      'VALUE_INVALID',
      'This is no address of a PostgreSQL database, and Gatepost needs PostgreSQL 14 or newer.',
      form,
    );
  const url = URL.parse(text);
  if (!url)
    return refuse(
      'VALUE_INVALID',
      'This URL can not be read; often the password contains one of :/?#[]@%, which must be percent-encoded (# as %23, / as %2F, @ as %40, % as %25).',
      form,
    );
  if (!url.hostname && !url.searchParams.has('host'))
    return refuse('VALUE_INVALID', 'The URL names no host.', form);
  if (url.pathname.length < 2 || url.pathname.includes('@') || url.hash)
    return refuse(
      'VALUE_INVALID',
      'The URL names no database behind its host; a / or # in the password must be percent-encoded (%2F, %23).',
      form,
    );
  return text;
}

/** Requests a minute, or `off`. */
export function rateLimit(text: string): number | 'off' | Refusal {
  if (text.toLowerCase() === 'off') return 'off';
  const value = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  return refuse('VALUE_INVALID', 'This is neither a number above 0 nor off.', '60', 'off');
}

/** Days, or `off` for ever. A day at least: limits of accounts are counted over one. */
export function retention(text: string): number | 'off' | Refusal {
  if (text.toLowerCase() === 'off') return 'off';
  const days = Number(/^(\d{1,4}) ?d$/i.exec(text)?.[1]);
  if (days >= 1 && days <= 3_650) return days;
  return refuse(
    'VALUE_INVALID',
    'This setting takes a number of days from 1 to 3650 with d behind it, or off to keep everything.',
    '30d',
    'off',
  );
}

/** Hops, or addresses and ranges in CIDR notation. */
export function proxies(text: string): number | readonly string[] | Refusal {
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const ranges = commaList(text);
  if (ranges.length > 0 && ranges.every(isRange)) return ranges;
  const why = /^(true|yes|on)$/i.test(text)
    ? 'To believe every proxy lets each client choose the address it is counted under.'
    : 'This is neither a number of proxy hops nor a comma list of addresses and CIDR ranges.';
  return refuse('VALUE_INVALID', why, '1', '10.0.0.0/8,192.168.0.1');
}

function isRange(text: string): boolean {
  const [address = '', bits, ...more] = text.split('/');
  const family = isIP(address);
  if (family === 0 || more.length > 0) return false;
  if (bits === undefined) return true;
  if (!/^\d{1,3}$/.test(bits)) return false;
  try {
    new BlockList().addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
    return true;
  } catch {
    return false;
  }
}

/** Canonical addresses and `@domain`s. */
export function recipients(text: string): readonly string[] | Refusal {
  const entries = commaList(text);
  if (entries.length === 0) return invalidRecipients('The list is empty.');
  const allowed: string[] = [];
  for (const [index, entry] of entries.entries()) {
    const isDomain = entry.startsWith('@');
    const parsed = parseEmailAddress(isDomain ? `someone${entry}` : entry);
    // The entry is not quoted: a misplaced URL can have a password in it.
    if (!parsed.ok)
      return isDomain
        ? invalidRecipients(`Entry ${index + 1} is not an @ with a domain behind it.`)
        : invalidRecipients(`The address in entry ${index + 1} ${parsed.reason}.`);
    allowed.push(isDomain ? `@${parsed.domain}` : parsed.address);
  }
  return allowed;
}

function invalidRecipients(why: string): Refusal {
  return refuse('VALUE_INVALID', why, 'tester@your-domain,@your-domain');
}

function commaList(text: string): string[] {
  return text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');
}
