import { unlinkedAddress, unlinkedAddressInText } from './auto-link.js';
import { FormLetter, type Letter, mergeField, type MergeValues } from './form-letter.js';
import type { Language } from './language.js';
import { TemplateFault } from './render.errors.js';
import type { MessageTemplates } from './template-files.js';

const MOST_FORMS = 500;

/** Writes the mails of one kind. */
export class LetterWriter {
  // By everything that decides more than what stands in a place; undefined: not to be had.
  readonly #forms = new Map<string, FormLetter | undefined>();

  /**
   * @param known names that this kind of mail may have, present or not
   * @param choices names of values that choose among phrases
   */
  constructor(
    private readonly templates: MessageTemplates,
    private readonly known: ReadonlySet<string>,
    private readonly choices: readonly string[],
    private readonly appName: string,
  ) {}

  get languages(): MessageTemplates['languages'] {
    return this.templates.languages;
  }

  /**
   * The first of its form is rendered by the templates, the others are filled in.
   * @param footer may have several lines
   * @throws TemplateFault
   */
  write(language: Language, values: MergeValues, footer: string): Letter {
    const key = this.#keyOf(language, values, footer);
    const form = this.#forms.get(key);
    if (form) return form.filledWith(values);
    const letter = this.#render(language, values, footer, {
      inHtml: unlinkedAddress(values.to),
      inText: unlinkedAddressInText(values.to),
    });
    if (this.#forms.size >= MOST_FORMS) this.#forms.clear();
    if (!this.#forms.has(key)) this.#forms.set(key, this.#formOf(language, values, footer, letter));
    return letter;
  }

  #keyOf(language: Language, values: MergeValues, footer: string): string {
    let key = `${language.locale}\0${footer}`;
    for (const name in values) {
      key += `\0${name}`;
      if (this.choices.includes(name)) key += `=${values[name]}`;
    }
    return key;
  }

  /**
   * A template may do more with a value than print it, such as let it choose a phrase. Then there is
   * no form, or not one that gives this letter, and every mail goes through the templates.
   */
  #formOf(
    language: Language,
    values: MergeValues,
    footer: string,
    letter: Letter,
  ): FormLetter | undefined {
    const fields: Record<string, string> & { to: string } = { to: '' };
    for (const name in values)
      fields[name] = this.choices.includes(name) ? (values[name] as string) : mergeField(name);
    const to = { inHtml: fields.to, inText: fields.to };
    try {
      const form = new FormLetter(this.#render(language, fields, footer, to));
      const { subject, html, text } = form.filledWith(values);
      const isSame = subject === letter.subject && html === letter.html && text === letter.text;
      return isSame ? form : undefined;
    } catch (error) {
      if (error instanceof TemplateFault) return undefined;
      throw error;
    }
  }

  #render(
    language: Language,
    values: MergeValues,
    footer: string,
    to: { readonly inHtml: string; readonly inText: string },
  ): Letter {
    const scope = { language, known: this.known };
    const view = {
      appName: this.appName,
      language: language.locale,
      direction: language.direction,
      start: language.direction === 'rtl' ? 'right' : 'left',
      footer: linesOf(footer),
      ...values,
    };
    const subject = this.templates.subject(view, scope);
    const withSubject = { ...view, subject };
    return {
      subject,
      html: this.templates.html({ ...withSubject, to: to.inHtml }, scope),
      text: `${this.templates.text({ ...withSubject, to: to.inText }, scope).trim()}\n`,
    };
  }
}

function linesOf(text: string): string[] {
  return text.split(/\r\n|[\r\n]/).filter((line) => line.trim() !== '');
}
