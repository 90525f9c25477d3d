import { readFileSync } from 'node:fs';
import { reasonOf, Refusal } from '#settings';

/**
 * What the text of a file has to hold. The environment names such a file by its path; over the
 * API the text itself is given.
 */
export interface TextForm<T> {
  /** Part of a sentence: "does not hold …". */
  readonly what: string;
  /** How such a file may be called. */
  readonly path: string;
  readonly secret: boolean;
  read(text: string): T | WrongText;
}

/** A text is not of its form. */
export class WrongText {
  /** @param why a sentence, where more can be said than what it should hold */
  constructor(readonly why?: string) {}
}

/** Reads a setting that is the path of a file. */
export function fileOf<T>(form: TextForm<T>) {
  const instead = (name: string): string =>
    `Write ${name}=${form.path} with ${form.what}, readable by this user.`;
  return (path: string): T | Refusal => {
    let text: string;
    try {
      text = readFileSync(path, 'utf8');
    } catch (error) {
      const why = `The file can not be read: ${reasonOf(error)}.`;
      return new Refusal('FILE_UNREADABLE', why, instead);
    }
    const value = form.read(text);
    if (!(value instanceof WrongText)) return value;
    return new Refusal(
      'FILE_INVALID',
      value.why ?? `The file does not hold ${form.what}.`,
      instead,
    );
  };
}

/** Reads a field that is the text of such a file. */
export function textOf<T>(form: TextForm<T>) {
  return (text: string): T | Refusal => {
    const value = form.read(text);
    if (!(value instanceof WrongText)) return value;
    return new Refusal(
      'VALUE_INVALID',
      value.why ?? `The text does not hold ${form.what}.`,
      (name) => `Write ${name}=… with ${form.what}.`,
    );
  };
}
