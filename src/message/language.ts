import { TemplateFault } from './render.errors.js';

/** Everything a template may print. */
export type View = Readonly<Record<string, string | readonly string[]>>;

type Phrase = (string | { variable: string })[];

// With their seconds.
const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** One language's words for one kind of mail, and its way to write times. */
export class Language {
  readonly direction: 'ltr' | 'rtl';
  readonly #phrases: ReadonlyMap<string, Phrase>;
  readonly #moments: Intl.DateTimeFormat;
  readonly #counts: readonly { seconds: number; format: Intl.NumberFormat }[];
  // What was said last: mails come in crowds, and Intl takes longer than all the rest of a mail.
  readonly #saidMoments = new Map<number, string>();
  readonly #saidLifetimes = new Map<number, string>();

  /** @param phrases by key; `{name}` in a phrase stands for a variable */
  constructor(
    readonly locale: string,
    readonly file: string,
    phrases: Readonly<Record<string, string>>,
  ) {
    this.direction = isRightToLeft(locale) ? 'rtl' : 'ltr';
    this.#phrases = new Map(
      Object.entries(phrases).map(([key, text]) => [key, this.#parse(key, text)]),
    );
    this.#moments = new Intl.DateTimeFormat(locale, {
      year: 'numeric',
      month: 'long',
      day: 'numeric',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
      timeZone: 'UTC',
      timeZoneName: 'short',
    });
    this.#counts = UNITS.map(([unit, seconds]) => ({
      seconds,
      format: new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'long' }),
    }));
  }

  get keys(): string[] {
    return [...this.#phrases.keys()];
  }

  /** The phrase with its variables; user text goes in as it is and is not looked at again. */
  say(key: string, view: View): string {
    const phrase = this.#phrases.get(key);
    if (!phrase) throw new TemplateFault(this.file, `there is no phrase "${key}"`);
    let said = '';
    for (const part of phrase) {
      const value = typeof part === 'string' ? part : view[part.variable];
      if (typeof value !== 'string' || value === '')
        throw new TemplateFault(this.file, `"${key}" names ${nameOf(part)}, which is not there`);
      said += value;
    }
    return said;
  }

  /** `November 20, 2026 at 16:33 UTC` */
  moment(date: Date): string {
    return remembered(this.#saidMoments, Math.floor(date.getTime() / 60_000), () =>
      this.#moments.format(date),
    );
  }

  /** `10 minutes`, `24 hours`, `7 days`: in the largest unit of which there are two or more. */
  lifetime(seconds: number): string {
    // Two clocks may have set the ends of it: 9 min 59.7 s is still said as 10 minutes.
    const whole = Math.round(seconds);
    return remembered(this.#saidLifetimes, whole, () => {
      const unit = this.#counts.find((unit) => whole >= 2 * unit.seconds) ?? this.#counts.at(-1);
      return unit ? unit.format.format(Math.floor(whole / unit.seconds)) : '';
    });
  }

  #parse(key: string, text: string): Phrase {
    const phrase: Phrase = [];
    for (const [index, part] of text.split(/\{(\w+)\}/).entries()) {
      if (index % 2 === 1) phrase.push({ variable: part });
      else if (/[{}]/.test(part))
        throw new TemplateFault(this.file, `"${key}" has a brace that is not part of a {variable}`);
      else if (part !== '') phrase.push(part);
    }
    if (phrase.length === 0) throw new TemplateFault(this.file, `"${key}" is empty`);
    return phrase;
  }
}

const MOST_REMEMBERED = 1_000;

function remembered(said: Map<number, string>, key: number, say: () => string): string {
  const known = said.get(key);
  if (known !== undefined) return known;
  if (said.size >= MOST_REMEMBERED) said.clear();
  const words = say();
  said.set(key, words);
  return words;
}

function nameOf(part: Phrase[number]): string {
  return typeof part === 'string' ? part : `{${part.variable}}`;
}

function isRightToLeft(locale: string): boolean {
  // Node has it; the ECMAScript 2024 typings don't yet.
  const { getTextInfo } = Intl.Locale.prototype as unknown as {
    getTextInfo(this: Intl.Locale): { direction: 'ltr' | 'rtl' };
  };
  return getTextInfo.call(new Intl.Locale(locale)).direction === 'rtl';
}

/** From the most to the least particular: `ko-KR` → `ko-KR`, `ko`; RFC 4647 section 3.4. */
export function fallbackChain(locale: string): string[] {
  const chain = [];
  for (let tag = locale; tag !== ''; tag = tag.slice(0, Math.max(0, tag.lastIndexOf('-'))))
    chain.push(tag);
  return chain;
}
