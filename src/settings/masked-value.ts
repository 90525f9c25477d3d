const MASK = '********';
const SHOWN_CHARACTERS = 100;

/**
 * How a value is shown to people. A secret shows nothing of itself but its length and whether
 * white space surrounds it; of a URL with user information only the scheme is shown, since a
 * stray `#`, `/` or `@` in a password makes it impossible to say where the password ends.
 */
export function shownValue(text: string, secret: boolean): string {
  const scheme = /^\s*([a-z][a-z0-9+.-]{0,20}:\/\/)/i.exec(text)?.[1];
  if (secret) return `${scheme ?? ''}${MASK} (${secretRemarks(text).join(', ')})`;
  if (scheme && text.includes('@')) return `${scheme}${MASK}`;
  // Behind a line break stand other settings, passwords among them, where a quote was left open.
  const line = text.trim().search(/[\r\n]/) < 0 ? text : `${text.trim().split(/[\r\n]/, 1)[0]}…`;
  const short = line.length > SHOWN_CHARACTERS ? `${line.slice(0, SHOWN_CHARACTERS)}…` : line;
  // White space and control characters would be invisible, or would forge lines of the report.
  return /^\s|\s$|[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(short) ? visible(short) : short;
}

function secretRemarks(text: string): string[] {
  const length = [...text].length;
  const remarks = [`${length} ${length === 1 ? 'character' : 'characters'}`];
  if (/^\s/.test(text)) remarks.push('begins with white space');
  if (/\s$/.test(text)) remarks.push('ends in white space');
  return remarks;
}

function visible(text: string): string {
  const escaped = JSON.stringify(text).replace(
    /[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\u00a0]/gu,
    (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`,
  );
  return escaped;
}

/** Does a name that is no setting look as if its value were a secret? */
export function soundsSecret(name: string): boolean {
  return /PASS|PWD|SECRET|KEY|TOKEN|CRED|AUTH|URL|URI|DSN/i.test(name);
}
