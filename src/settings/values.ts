import { parseEmailAddress } from '#address';
import { Refusal, refuse } from './fault.errors.js';
import { nearest } from './spelling.js';

/** `true/false/1/0/yes/no/on/off` in any case, nothing else. */
export function boolean(text: string): boolean | Refusal {
  const word = text.toLowerCase();
  if (['true', '1', 'yes', 'on'].includes(word)) return true;
  if (['false', '0', 'no', 'off'].includes(word)) return false;
  return refuse('BOOLEAN_SPELLING', 'This is neither a yes nor a no.', 'true', 'false');
}

/** A whole number within bounds, both included. */
export function wholeNumber(minimum: number, maximum: number, example: number) {
  return (text: string): number | Refusal => {
    const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
    return value >= minimum && value <= maximum
      ? value
      : refuse(
          'VALUE_INVALID',
          `This setting takes a whole number from ${minimum} to ${maximum}.`,
          String(example),
        );
  };
}

/** A TCP port. */
export function port(minimum: 0 | 1, ...examples: string[]) {
  return (text: string): number | Refusal => {
    const value = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
    if (value >= minimum && value <= 65_535) return value;
    const kubernetes = text.startsWith('tcp://')
      ? ' Kubernetes writes such a value for a service of this name: set enableServiceLinks: false in the pod.'
      : '';
    return refuse(
      'PORT_INVALID',
      `A port is a whole number from ${minimum} to 65535.${kubernetes}`,
      ...examples,
    );
  };
}

/** One word of a list, in any case. */
export function oneOf<const T extends string>(...words: readonly T[]) {
  return (text: string): T | Refusal => {
    const word = words.find((known) => known === text.toLowerCase());
    if (word) return word;
    const near = nearest(text.toLowerCase(), words, 3);
    return refuse(
      'VALUE_INVALID',
      `This setting takes one of ${words.join(', ')}.`,
      ...(near ? [near] : words),
    );
  };
}

/** A time, `10s`, `500ms`, `2m` or a number of milliseconds; in milliseconds, up to an hour. */
export function duration(example: string) {
  const factor = { ms: 1, s: 1000, m: 60_000 };
  return (text: string): number | Refusal => {
    const [, number, unit = 'ms'] = /^(\d{1,7})\s*(ms|s|m)?$/i.exec(text) ?? [];
    const value = Number(number) * factor[unit.toLowerCase() as keyof typeof factor];
    return value >= 1 && value <= 3_600_000
      ? value
      : refuse(
          'VALUE_INVALID',
          'This setting takes a time of up to an hour: a number with ms, s or m behind it, or a bare number of milliseconds.',
          example,
        );
  };
}

/** Any text. */
export function anyText(text: string): string {
  return text;
}

/** One mail address; its canonical form. */
export function emailAddress(text: string): string | Refusal {
  const parsed = parseEmailAddress(text);
  if (parsed.ok) return parsed.address;
  return refuse(
    'VALUE_INVALID',
    `The address ${parsed.reason}; this setting takes one bare mail address.`,
    'someone@your-domain',
  );
}
