import type { SmtpSettings } from '#mailer-config';
import { TOKEN_METHODS, type TokenMethod } from './token-sign-in.js';

/** What a server offered in the EHLO reply that counts: the one after STARTTLS (RFC 3207). */
export interface Capabilities {
  /** RFC 2920. */
  readonly pipelining: boolean;
  /** RFC 3030: BDAT instead of DATA. */
  readonly chunking: boolean;
  /** RFC 6152: octets from 0x80 on, where MAIL says so. */
  readonly eightBitMime: boolean;
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
    chunking: keywords.has('CHUNKING'),
    eightBitMime: keywords.has('8BITMIME'),
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
  /** With an access token, which is still to be got. */
  | { readonly kind: 'token'; readonly method: TokenMethod }
  | { readonly kind: 'no-sign-in' }
  /** Sign-in is wanted and can't be had. The sentence says why and what to do. */
  | {
      readonly kind: 'impossible';
      readonly sentence: string;
      /** The credentials are complete: it is the server that does not offer what they need. */
      readonly fault?: 'no-common-sign-in';
    };

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
  auth: Pick<SmtpSettings['auth'], 'method' | 'username' | 'password' | 'oauth2'>,
  offered: readonly string[],
  encrypted: boolean,
): Choice {
  const { method, username, password, oauth2 } = auth;
  const byToken = method === 'xoauth2' || method === 'oauthbearer';
  if (byToken || (oauth2 && method === 'auto')) return chooseTokenMethod(auth, offered);
  if (method === 'none' || (method === 'auto' && username === undefined && password === undefined))
    return { kind: 'no-sign-in' };
  if (!username || !password)
    return impossible('The sign-in needs both. Set SMTP_USERNAME and SMTP_PASSWORD.');
  if (method !== 'auto') {
    const pinned = method.toUpperCase() as Method;
    return offered.includes(pinned)
      ? { kind: 'method', method: pinned }
      : notOffered(method, offered);
  }
  const known = PREFERENCE[encrypted ? 'encrypted' : 'clear'];
  const chosen = known.find((candidate) => offered.includes(candidate));
  if (chosen) return { kind: 'method', method: chosen };
  if (offered.length > 0)
    return unoffered(
      `The server offers no way to sign in that we know; it offers ${listed(offered)}.`,
    );
  return unoffered(
    encrypted
      ? `The server offers no sign-in here. ${CHECK_PORT}, or remove SMTP_USERNAME and SMTP_PASSWORD.`
      : 'The server offers no sign-in in clear text. Set SMTP_REQUIRE_TLS=true.',
  );
}

// OAUTHBEARER is the standard, and the server may check for whom the token is meant. A password
// method is never a way out: whoever set up tokens wants no password to be used.
function chooseTokenMethod(
  { method, username, oauth2 }: Pick<SmtpSettings['auth'], 'method' | 'username' | 'oauth2'>,
  offered: readonly string[],
): Choice {
  if (!oauth2)
    return impossible(
      `SMTP_AUTH_METHOD=${method} needs access tokens. Set SMTP_OAUTH2_TOKEN_URL, SMTP_OAUTH2_CLIENT_ID and what goes with them, or choose another method.`,
    );
  if (!username)
    return impossible(
      'To sign in with an access token the server has to know for which mailbox. Set SMTP_USERNAME to its address.',
    );
  const wanted = TOKEN_METHODS.filter((each) => method === 'auto' || each === method.toUpperCase());
  const chosen = wanted.find((candidate) => offered.includes(candidate));
  if (chosen) return { kind: 'token', method: chosen };
  if (method !== 'auto') return notOffered(method, offered);
  return unoffered(
    offered.length > 0
      ? `The server takes no access tokens (OAUTHBEARER or XOAUTH2); it offers ${listed(offered)}. Check SMTP_HOST, or remove SMTP_OAUTH2_TOKEN_URL and what goes with it to sign in with a password.`
      : `The server offers no sign-in here. ${CHECK_PORT}.`,
  );
}

const CHECK_PORT = 'Check SMTP_HOST and SMTP_PORT (587 or 465 is where mail is submitted)';

const listed = (offered: readonly string[]): string => offered.join(', ') || 'none';

const impossible = (sentence: string): Choice => ({ kind: 'impossible', sentence });

const unoffered = (sentence: string): Choice => ({
  kind: 'impossible',
  sentence,
  fault: 'no-common-sign-in',
});

const notOffered = (method: string, offered: readonly string[]): Choice =>
  unoffered(
    `SMTP_AUTH_METHOD=${method} is not among the ways to sign in that the server offers (${listed(offered)}). Choose one of those, or auto.`,
  );
