import type { SmtpSettings } from '#mailer-config';

/** What a server offered in the EHLO reply that counts: the one after STARTTLS (RFC 3207). */
export interface Capabilities {
  /** RFC 2920. */
  readonly pipelining: boolean;
  /** RFC 1870: largest message in octets; undefined: not said, or no limit. */
  readonly maxSize: number | undefined;
  /** Does MAIL take a SIZE parameter? */
  readonly size: boolean;
  /** SASL mechanisms in capitals, as listed (RFC 4954). */
  readonly authMethods: readonly string[];
}

/** @param reply the whole reply, as `250-a\n250 b`; one to HELO has no capabilities */
export function parseCapabilities(reply: string): Capabilities {
  const keywords = new Map<string, string>();
  for (const line of reply.split(/\r?\n/).slice(1)) {
    // "AUTH=LOGIN" is how servers of the 1990s say "AUTH LOGIN"
    const [, keyword = '', parameters = ''] = /^\d{3}[ -]([\w-]+)[ =]?(.*)$/.exec(line) ?? [];
    const before = keywords.get(keyword.toUpperCase());
    keywords.set(keyword.toUpperCase(), `${before ?? ''} ${parameters}`.trim());
  }
  const size = Number(keywords.get('SIZE'));
  return {
    pipelining: keywords.has('PIPELINING'),
    maxSize: size > 0 ? size : undefined,
    size: keywords.has('SIZE'),
    authMethods: [
      ...new Set(
        keywords
          .get('AUTH')
          ?.toUpperCase()
          .split(/[\s=]+/) ?? [],
      ),
    ].filter(Boolean),
  };
}

type Choice =
  | { readonly kind: 'method'; readonly method: Method }
  | { readonly kind: 'no-sign-in' }
  /** Sign-in is wanted and can't be had. The sentence says why and what to do. */
  | { readonly kind: 'impossible'; readonly sentence: string };

// Under encryption PLAIN first: one round trip, and the server may keep a proper hash of the
// password. In clear text (allowed on loopback or by explicit setting) a challenge comes first.
// NTLM after CRAM-MD5 always: whoever steals that server's MD4 hash can sign in with it.
const PREFERENCE = {
  encrypted: ['PLAIN', 'LOGIN', 'CRAM-MD5', 'NTLM'],
  clear: ['CRAM-MD5', 'NTLM', 'PLAIN', 'LOGIN'],
} as const;

type Method = (typeof PREFERENCE)['clear'][number];

/** How to sign in. Credentials that can't be used are a failure, never a mail sent without. */
export function chooseAuthMethod(
  auth: Pick<SmtpSettings['auth'], 'method' | 'username' | 'password'>,
  offered: readonly string[],
  encrypted: boolean,
): Choice {
  const { method, username, password } = auth;
  if (method === 'none' || (method === 'auto' && username === undefined && password === undefined))
    return { kind: 'no-sign-in' };
  if (!username || !password)
    return {
      kind: 'impossible',
      sentence: 'The sign-in needs both. Set SMTP_USERNAME and SMTP_PASSWORD.',
    };
  const list = offered.length > 0 ? offered.join(', ') : 'none';
  if (method === 'auto') {
    const known = PREFERENCE[encrypted ? 'encrypted' : 'clear'];
    const chosen = known.find((candidate) => offered.includes(candidate));
    if (chosen) return { kind: 'method', method: chosen };
    return {
      kind: 'impossible',
      sentence:
        offered.length > 0
          ? `The server offers no way to sign in that we know; it offers ${list}.`
          : `The server offers no sign-in ${encrypted ? 'here' : 'in clear text'}. ${encrypted ? 'Check SMTP_HOST and SMTP_PORT (587 or 465 is where mail is submitted), or remove SMTP_USERNAME and SMTP_PASSWORD' : 'Set SMTP_REQUIRE_TLS=true'}.`,
    };
  }
  const pinned = method.toUpperCase() as Method;
  if (offered.includes(pinned)) return { kind: 'method', method: pinned };
  return {
    kind: 'impossible',
    sentence: `SMTP_AUTH_METHOD=${method} is not among the ways to sign in that the server offers (${list}). Choose one of those, or auto.`,
  };
}
