/** What must not be repeated to anybody: the account's sign-in. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly tokens?: ReadonlySet<string> | undefined;
}

const MASK = '***';
const BASE64_WORD = /[A-Za-z0-9+/_-]{4,}={0,2}/g;
/** RFC 6750 section 2.1, as long as a block at least. */
const TOKEN_WORD = /[A-Za-z0-9+/_.~-]{16,}=*/g;
const TOKEN_BLOCK = /.{16}/gs;

/**
 * Takes the credentials out of what a server said. Servers do echo them, in clear ("535 user u
 * pass p") or as the base64 of the AUTH exchange, the CRAM-MD5 digest beside the user name too.
 */
export function maskCredentials(text: string, credentials: Credentials): string {
  const { username, password, tokens = new Set() } = credentials;
  const masked = [...tokens].reduce(maskToken, text);
  if (!password) return masked;
  const tell = username ? [password, username] : [password];
  return masked
    .replaceAll(password, MASK)
    .replaceAll(encodeURIComponent(password), MASK)
    .replace(BASE64_WORD, (word) => {
      const decoded = fromBase64(word);
      return tell.some((secret) => decoded.includes(secret)) ? MASK : word;
    });
}

// Tokens are long, and a part of one gives away as much. Whoever repeats 31 characters of it, in
// clear or in base64, repeats one of its blocks of 16.
function maskToken(text: string, token: string): string {
  const blocks = token.match(TOKEN_BLOCK) ?? [];
  const givesAway = (said: string): boolean => blocks.some((block) => said.includes(block));
  return text
    .replaceAll(token, MASK)
    .replace(TOKEN_WORD, (word) => (givesAway(word) || givesAway(fromBase64(word)) ? MASK : word));
}

const fromBase64 = (word: string): string => Buffer.from(word, 'base64').toString('utf8');

/** Control characters, line and paragraph separators and direction overrides as `\u{…}`. */
export function escapeControls(text: string): string {
  return text.replace(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]|\p{Surrogate}/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
}

/** Safe to store and to show: masked, escaped, at most `octets` long in UTF-8. */
export function presentable(text: string, credentials: Credentials, octets = 1024): string {
  const whole = escapeControls(maskCredentials(text, credentials));
  if (Buffer.byteLength(whole) <= octets) return whole;
  const ellipsis = '…';
  const room = octets - Buffer.byteLength(ellipsis);
  // a sequence cut in two decodes to U+FFFD at the end
  const cut = Buffer.from(whole).toString('utf8', 0, room);
  return `${cut.replace(/\uFFFD+$/, '')}${ellipsis}`;
}
