import { fileURLToPath } from 'node:url';
import type { MergeValues } from './form-letter.js';
import { fallbackChain, type Language } from './language.js';
import { LetterWriter } from './letter-writer.js';
import { linksUnder } from './link.js';
import type { Facts, LinkTo, MessageDefinition } from './message-kind.js';
import { isMessageKind, messageKinds, type MessageKind } from './message-kinds.js';
import { RenderError, TemplateFault } from './render.errors.js';
import { checkSamples } from './sample.check.js';
import { BASE_LOCALE, loadTemplates, type MessageTemplates } from './template-files.js';

/** What all mails of this installation share. */
export interface Product {
  readonly appName: string;
  /** Where links start: origin and path prefix. */
  readonly adminWebUrl: string;
  /** Printed below every mail; may have several lines. */
  readonly footer?: string | undefined;
}

export interface RenderContext {
  /** Canonical address of the recipient. */
  readonly to: string;
  readonly createdAt: Date;
  /** When the code or link dies; what the mail says of its lifetime comes from here alone. */
  readonly expiresAt: Date;
  /** What the recipient would like to read (BCP 47). */
  readonly locale: string;
  /** Instead of the product's footer: that of the SMTP account. */
  readonly footer?: string | undefined;
}

export interface RenderedMessage {
  readonly subject: string;
  /** Lines end with LF. */
  readonly html: string;
  readonly text: string;
  /** The language it is written in, for Content-Language. */
  readonly language: string;
}

const TEMPLATES = fileURLToPath(new URL('../../templates', import.meta.url));

/**
 * Writes mails. Everything is read, compiled and tried out with sample data when it is made; after
 * that it touches no file. User text enters a template as data and is never compiled or rendered.
 */
export class Renderer {
  readonly #writers: ReadonlyMap<MessageKind, LetterWriter>;
  readonly #linkTo: LinkTo;

  /**
   * @param directory of the templates, absolute
   * @throws TemplateError naming every file and variable at fault
   */
  constructor(
    private readonly product: Product,
    directory = TEMPLATES,
  ) {
    this.#linkTo = linksUnder(product.adminWebUrl);
    const templates = loadTemplates(directory);
    this.#writers = new Map(
      [...templates].map(([kind, ofKind]) => [kind, this.#writerFor(messageKinds[kind], ofKind)]),
    );
    checkSamples(this, templates);
  }

  /**
   * @param kind one of {@link MessageKind}, as the outbox has it
   * @param variables what the kind's schema asks for
   * @throws RenderError; a mail with a hole is never returned
   */
  render(kind: string, variables: unknown, context: RenderContext): RenderedMessage {
    if (!isMessageKind(kind))
      throw new RenderError('unknown-kind', 'There is no such kind of mail');
    const definition: MessageDefinition = messageKinds[kind];
    const parsed = definition.variables.safeParse(variables);
    if (!parsed.success)
      throw new RenderError(
        'invalid-variables',
        `${kind}: ${parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'variables'}: ${message}`).join('; ')}`,
      );
    const writer = this.#writers.get(kind);
    if (!writer) throw new Error(`${kind} was not loaded`);
    const language = languageFor(writer.languages, context.locale);
    const values = valuesOf(definition.facts(parsed.data, this.#linkTo), language, context);
    try {
      const letter = writer.write(language, values, context.footer ?? this.product.footer ?? '');
      if (!isOneLine(letter.subject))
        throw new RenderError('template-failed', 'The subject is not one line');
      return { ...letter, language: language.locale };
    } catch (error) {
      if (error instanceof TemplateFault)
        throw new RenderError('template-failed', `templates/${error.message}`);
      throw error;
    }
  }

  #writerFor(definition: MessageDefinition, templates: MessageTemplates): LetterWriter {
    // What the samples of a kind print: the names `{{#given}}` may ask for.
    const known = new Set(
      definition.samples.flatMap((sample) => Object.keys(definition.facts(sample, this.#linkTo))),
    );
    return new LetterWriter(templates, known, definition.choices ?? [], this.product.appName);
  }
}

function valuesOf(facts: Facts, language: Language, context: RenderContext): MergeValues {
  const lifetime = (context.expiresAt.getTime() - context.createdAt.getTime()) / 1000;
  if (!(lifetime > 0) || context.to === '')
    throw new RenderError('invalid-context', 'No recipient, or it expires before it is made');
  const values: Record<string, string> & { to: string } = {
    to: context.to,
    lifetime: language.lifetime(lifetime),
    expiresAt: language.moment(context.expiresAt),
    createdAt: language.moment(context.createdAt),
  };
  for (const [name, fact] of Object.entries(facts)) if (fact) values[name] = fact;
  return values;
}

function languageFor(languages: ReadonlyMap<string, Language>, locale: string): Language {
  for (const tag of [...fallbackChain(locale), BASE_LOCALE]) {
    const language = languages.get(tag);
    if (language) return language;
  }
  throw new Error(`There are no phrases in ${BASE_LOCALE}`);
}

function isOneLine(subject: string): boolean {
  return /^[^\p{Cc}\u2028\u2029]+$/u.test(subject);
}
