/** What must not be repeated to anybody: the account's sign-in. */
export interface Credentials {
  readonly username: string | undefined;
  readonly password: string | undefined;
}

const MASK = '***';
const BASE64_TOKEN = /[A-Za-z0-9+/_-]{4,}={0,2}/g;

/**
 * Takes the credentials out of what a server said. Servers do echo them, in clear ("535 user u
 * pass p") or as the base64 of the AUTH exchange, the CRAM-MD5 digest beside the user name too.
 */
export function maskCredentials(text: string, { username, password }: Credentials): string {
  if (!password) return text;
  const secrets = [password, encodeURIComponent(password)];
  const tell = [password, ...(username ? [username] : [])];
  return secrets
    .reduce((masked, secret) => masked.replaceAll(secret, MASK), text)
    .replace(BASE64_TOKEN, (token) => {
      const decoded = Buffer.from(token, 'base64').toString('utf8');
      return tell.some((secret) => decoded.includes(secret)) ? MASK : token;
    });
}

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
