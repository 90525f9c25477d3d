import { domainToASCII, domainToUnicode } from 'node:url';

export type ParsedEmailAddress =
  { ok: true; address: string; localPart: string; domain: string } | { ok: false; reason: string };

// Octets (RFC 5321 section 4.5.3.1; 254 follows from the 256 of a path with its angle brackets,
// RFC 3696 erratum 1690, and keeps the domain below its own 253). An accepted address is ASCII, so
// octets are characters.
const MAX_ADDRESS = 254;
const MAX_LOCAL_PART = 64;
const MAX_LABEL = 63;

// atext of RFC 5322 section 3.2.3 without `%` and `!`: relays still rewrite user%domain and
// host!user, and such a mail would reach another mailbox than the one stored.
const DOT_ATOM = /^[a-z0-9#$&'*+/=?^_`{|}~-]+(?:\.[a-z0-9#$&'*+/=?^_`{|}~-]+)*$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/;
const TOP_LEVEL_DOMAIN = /^(?:[a-z]{2,}|xn--[a-z0-9-]+)$/;

// What no one sees: controls, format characters, lone surrogates, white space, and the code points
// UTS-46 would map to nothing, so that `a@exam<U+00AD>ple.com` is refused and not repaired.
const INVISIBLE = /[\p{C}\p{Z}\p{Default_Ignorable_Code_Point}]/u;
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\x00-\x7f]*$/;
const ASCII_OUTSIDE_HOST_NAMES = /[\0-,/:-@[-`{-\x7f]/;

/**
 * The one judge of e-mail addresses. Accepts a single addr-spec (RFC 5321 Mailbox) and gives its
 * canonical form: the identity of an account, what is stored, and byte for byte the RCPT.
 *
 * - The local part is an ASCII dot-atom and lowercased: ADA@ and ada@ are one account, although
 *   RFC 5321 section 2.4 would let a server tell them apart; none that matters does.
 * - The domain is mapped by UTS-46 to lowercase A-labels and only then validated and compared.
 * - Refused by policy: quoted local parts, non-ASCII local parts (they need SMTPUTF8 on every hop),
 *   `%` and `!`, encoded words, comments, groups, routes, lists, IP literals, a dot at the end,
 *   single-label and numeric domains, white space and invisible characters anywhere.
 *
 * `reason` completes the sentence "The address …" and never quotes the input.
 */
export function parseEmailAddress(input: string): ParsedEmailAddress {
  if (input.length > MAX_ADDRESS) return refuse(`has more than ${MAX_ADDRESS} characters`);
  if (INVISIBLE.test(input)) return refuse('contains white space or an invisible character');
  const at = input.indexOf('@');
  if (at < 0) return refuse('has no @');
  if (at !== input.lastIndexOf('@')) return refuse('has more than one @');

  const writtenLocalPart = input.slice(0, at);
  const localFault = faultOfLocalPart(writtenLocalPart);
  if (localFault) return refuse(localFault);
  const domain = canonicalDomain(input.slice(at + 1));
  if (domain === undefined) return refuse('has a domain that is not a valid host name');
  const domainFault = faultOfDomain(domain);
  if (domainFault) return refuse(domainFault);

  const localPart = writtenLocalPart.toLowerCase();
  const address = `${localPart}@${domain}`;
  if (address.length > MAX_ADDRESS) return refuse(`has more than ${MAX_ADDRESS} octets`);
  return { ok: true, address, localPart, domain };
}

/**
 * The mailbox behind a canonical address: its +tag (RFC 5233 subaddress) is folded away. For
 * limiting only, never for identity: not every server treats a tag as one.
 */
export function mailboxOf(address: string): string {
  const at = address.lastIndexOf('@');
  const plus = address.indexOf('+');
  return plus > 0 && plus < at ? address.slice(0, plus) + address.slice(at) : address;
}

function refuse(reason: string): ParsedEmailAddress {
  return { ok: false, reason };
}

function faultOfLocalPart(localPart: string): string | undefined {
  if (localPart === '') return 'has nothing before the @';
  if (localPart.length > MAX_LOCAL_PART)
    return `has more than ${MAX_LOCAL_PART} characters before the @`;
  // ASCII first: toLowerCase() turns the Kelvin sign (U+212A) into k, and İ into two characters.
  if (!ASCII.test(localPart)) return 'has a letter before the @ that is not ASCII';
  if (!DOT_ATOM.test(localPart.toLowerCase()))
    return 'has a character or a dot before the @ where none may stand';
  // In a To header some readers decode it (RFC 2047 section 5 forbids that) and see another address.
  if (localPart.includes('=?')) return 'looks like an encoded word before the @';
  return undefined;
}

/**
 * Lowercase A-labels, or undefined. domainToASCII is a URL host parser: it also undoes %41, drops
 * tabs and cuts at `/`, `?` and `#`. Such ASCII never gets there.
 */
function canonicalDomain(domain: string): string | undefined {
  if (ASCII_OUTSIDE_HOST_NAMES.test(domain.toLowerCase())) return undefined;
  const canonical = ASCII.test(domain) ? domain.toLowerCase() : domainToASCII(domain);
  if (!canonical.includes('xn--')) return canonical || undefined;
  // A label that is not valid Punycode, or not what UTS-46 makes of it, stays as it is here.
  const unicode = domainToUnicode(canonical);
  return !unicode.includes('xn--') && domainToASCII(unicode) === canonical ? canonical : undefined;
}

function faultOfDomain(domain: string): string | undefined {
  const labels = domain.split('.');
  if (labels.length < 2) return 'has a domain without a dot; write it out, as in example.com';
  for (const label of labels) {
    if (label.length > MAX_LABEL) return `has a domain part of more than ${MAX_LABEL} octets`;
    if (!LABEL.test(label)) return 'has a domain that is not a valid host name';
  }
  if (!TOP_LEVEL_DOMAIN.test(labels.at(-1) ?? ''))
    return 'has a domain whose last part is not a top-level domain';
  return undefined;
}
