// What a new password must be, after NIST SP 800-63B-4 (3.1.1.2): long enough, not one that
// anybody would try first, and otherwise whatever its owner likes. Signs and digits are not asked
// for, as they make passwords worse to remember and hardly harder to guess.

/** Code points. More would only cost time; a password manager's longest default is 128. */
const MAX_LENGTH = 256;

/** In every list of leaked passwords; at 15 characters they come doubled or with a year. */
const COMMON = `
  password passwort passw0rd p@ssw0rd p@ssword motdepasse contraseña qwertyuiop qwerty azerty
  asdfghjkl asdf zxcvbnm 1q2w3e4r5t q1w2e3r4 iloveyou welcome letmein trustno1 whatever changeme
  changeit default admin administrator secret master monkey dragon sunshine princess football
  baseball superman batman starwars pokemon computer internet
`
  .trim()
  .split(/\s+/);

/** Runs that fingers follow; whole passwords that lie on one, in either direction, are refused. */
const RUNS = [
  '0123456789'.repeat(26),
  'abcdefghijklmnopqrstuvwxyz'.repeat(10),
  'qwertyuiopasdfghjklzxcvbnm'.repeat(10),
];

/** A password that repeats so few characters is as weak as they are. */
const LONGEST_UNIT = 4;

export interface PasswordContext {
  /** Code points. */
  readonly minLength: number;
  readonly email: string;
  readonly appName: string;
}

/** @returns what is wrong and what to do, for people; undefined for a good password */
export function passwordFault(password: string, context: PasswordContext): string | undefined {
  if (!password.isWellFormed() || /\p{Cc}/u.test(password))
    return 'Use characters that can be typed: letters, digits, signs and spaces of any language.';
  const normalized = password.normalize('NFKC');
  const length = [...normalized].length;
  if (length > MAX_LENGTH) return `Use at most ${MAX_LENGTH} characters.`;
  if (length < context.minLength)
    return `Use at least ${context.minLength} characters; a few unrelated words do well.`;
  const plain = normalized.toLowerCase();
  if (isRepetition(plain) || isRun(plain))
    return 'This is easy to guess: it repeats or follows a pattern. Use a few unrelated words.';
  if (hasNothingOfItsOwn(plain, context))
    return 'This is easy to guess: it is made of common words, your address or our name. Add words of your own.';
  return undefined;
}

/** `aaaaaaaa`, `abcabcabca`. */
function isRepetition(text: string): boolean {
  return Array.from({ length: LONGEST_UNIT }, (_, i) => i + 1).some(
    (unit) => text === text.slice(0, unit).repeat(text.length).slice(0, text.length),
  );
}

function isRun(text: string): boolean {
  const backwards = [...text].toReversed().join('');
  return RUNS.some((run) => run.includes(text) || run.includes(backwards));
}

/** Take the words away, and digits and signs are all that is left. */
function hasNothingOfItsOwn(text: string, { email, appName }: PasswordContext): boolean {
  const [localPart = '', domain = ''] = email.split('@');
  const guessable = [email, localPart, domain, ...domain.split('.'), appName.toLowerCase()];
  const words = [...guessable, ...COMMON].filter((word) => word.length >= 3);
  const rest = words
    .sort((a, b) => b.length - a.length)
    .reduce((text, word) => text.replaceAll(word, ''), text);
  return rest !== text && !/\p{L}/u.test(rest);
}
