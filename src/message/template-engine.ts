import Handlebars, { type HelperOptions, type RuntimeOptions } from 'handlebars';
import type { Language, View } from './language.js';
import { TemplateFault } from './render.errors.js';

export type Template = (view: View, scope: Scope) => string;
type Partial = (view: View, options?: RuntimeOptions) => string;

/** What one rendering needs beside the view. */
export interface Scope {
  readonly language: Language;
  /** Names that this kind of mail may have, present or not. */
  readonly known: ReadonlySet<string>;
}

// An instance of our own: no helper or partial that someone else registered gets in.
const handlebars = Handlebars.create();

// {{t 'title'}} says a phrase of the mail's language; {{t 'role' role}} the one called role.admin.
handlebars.registerHelper('t', (...args: unknown[]) => {
  const { data } = args.pop() as HelperOptions;
  return (data.language as Language).say(args.join('.'), data.root as View);
});

// {{#given 'name'}}…{{else}}…{{/given}}: is this optional variable there? Strict mode forbids to ask
// by {{#if}}, and a misspelt name is a fault here, too.
handlebars.registerHelper('given', function (this: View, name: string, options: HelperOptions) {
  if (!(options.data.known as Scope['known']).has(name)) throw new Error(`"${name}" not defined`);
  return name in this ? options.fn(this) : options.inverse(this);
});

/** @param file how messages name it, under `templates/` */
export function compileTemplate(
  file: string,
  source: string,
  format: 'html' | 'text',
  partials: Readonly<Record<string, Partial>> = {},
): Template {
  const template = compilePartial(file, source, format);
  return (view, scope) => {
    const output = template(view, { data: { ...scope }, partials });
    return format === 'html' ? readable(output) : output;
  };
}

// As Handlebars does, but for = (below); the joiner that is written as a name is among them.
const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '`': '&#x60;',
  '\u200c': '&zwnj;',
};

/** As a variable is escaped in an HTML template. */
export function escapedForHtml(value: string): string {
  return value.replace(/[&<>"'`\u200c]/g, (sign) => ENTITIES[sign] as string);
}

// Handlebars escapes = for unquoted attributes. The CSS inliner left none, and a link should read
// the same in the source as in the address bar. The joiner between the signs of an address is
// written so that it alone does not make the part one that has to be encoded for its way.
const readable = (html: string): string =>
  html.replaceAll('&#x3D;', '=').replaceAll('\u200c', '&zwnj;');

/** For `partials` of {@link compileTemplate}: as `{{> name}}`. */
export function compilePartial(file: string, source: string, format: 'html' | 'text'): Partial {
  const template: Partial = faultsNamed(file, () =>
    handlebars.compile(source, {
      strict: true,
      noEscape: format === 'text',
      knownHelpers: { t: true, given: true, each: true },
      knownHelpersOnly: true,
    }),
  );
  return (view, options) => faultsNamed(file, () => template(view, options));
}

function faultsNamed<Result>(file: string, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    if (error instanceof TemplateFault) throw error;
    throw new TemplateFault(file, sentenceOf(error));
  }
}

/** Handlebars says `"nmae" not defined in [object Object] - 3:5`, or a parse error of many lines. */
function sentenceOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  const variable = /^"([^"]+)" not defined/.exec(message)?.[1];
  return variable === undefined
    ? message.replace(/\s+/g, ' ')
    : `there is no variable "${variable}"`;
}
