import { escapedForHtml } from './template-engine.js';
import { unlinkedAddress, unlinkedAddressInText } from './auto-link.js';

/** The three texts of a mail. */
export interface Letter {
  readonly subject: string;
  readonly html: string;
  readonly text: string;
}

/** What differs from mail to mail, by name; `to` is the recipient's address. */
export type MergeValues = Readonly<Record<string, string>> & { readonly to: string };

/** Stands in a form where a value will be, between the two private signs of ISO 6429. */
export const mergeField = (name: string): string => `\u0091${name}\u0092`;

const MERGE_FIELD = /\u0091([^\u0091\u0092]*)\u0092/;

/**
 * A mail that was rendered once with {@link mergeField}s. To fill them in is to join strings, which
 * is what is left of rendering when all that is the same in every mail of a kind is done before.
 * A value is escaped on its own and never looked at again.
 */
export class FormLetter {
  readonly #subject: Form;
  readonly #html: Form;
  readonly #text: Form;

  constructor({ subject, html, text }: Letter) {
    this.#subject = new Form(subject);
    this.#html = new Form(html);
    this.#text = new Form(text);
  }

  filledWith(values: MergeValues): Letter {
    const inHtml: Record<string, string> = {};
    for (const name in values)
      inHtml[name] = escapedForHtml(
        name === 'to' ? unlinkedAddress(values.to) : (values[name] as string),
      );
    return {
      subject: this.#subject.filledWith(values),
      html: this.#html.filledWith(inHtml),
      text: `${this.#text.filledWith({ ...values, to: unlinkedAddressInText(values.to) }).trim()}\n`,
    };
  }
}

class Form {
  readonly #start: string;
  readonly #fields: { readonly name: string; readonly after: string }[] = [];

  constructor(text: string) {
    const [start = '', ...rest] = text.split(MERGE_FIELD);
    this.#start = start;
    for (let at = 0; at < rest.length; at += 2)
      this.#fields.push({ name: rest[at] as string, after: rest[at + 1] as string });
  }

  filledWith(values: Readonly<Record<string, string>>): string {
    let filled = this.#start;
    for (const { name, after } of this.#fields) {
      const value = values[name];
      if (value === undefined)
        throw new Error(`The form has a field "${name}" and no value for it`);
      filled += value;
      filled += after;
    }
    return filled;
  }
}
