import { fileURLToPath } from 'node:url';
import { unlinkedAddress, unlinkedAddressInText } from './auto-link.js';
import { fallbackChain, type Language, type View } from './language.js';
import { linksUnder } from './link.js';
import type { Facts, LinkTo, MessageDefinition } from './message-kind.js';
import { isMessageKind, messageKinds, type MessageKind } from './message-kinds.js';
import { RenderError, TemplateFault } from './render.errors.js';
import { checkSamples } from './sample.check.js';
import type { Scope } from './template-engine.js';
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
  readonly #templates: ReadonlyMap<MessageKind, MessageTemplates>;
  readonly #known: ReadonlyMap<MessageKind, ReadonlySet<string>>;
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
    this.#templates = loadTemplates(directory);
    this.#known = new Map(
      [...this.#templates.keys()].map((kind) => [kind, this.#namesOf(messageKinds[kind])]),
    );
    checkSamples(this, this.#templates);
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
    const templates = this.#templates.get(kind);
    const known = this.#known.get(kind);
    if (!templates || !known) throw new Error(`${kind} was not loaded`);
    const scope = { language: languageFor(templates.languages, context.locale), known };
    try {
      return this.#write(templates, scope, definition.facts(parsed.data, this.#linkTo), context);
    } catch (error) {
      if (error instanceof TemplateFault)
        throw new RenderError('template-failed', `templates/${error.message}`);
      throw error;
    }
  }

  #write(
    templates: MessageTemplates,
    scope: Scope,
    facts: Facts,
    context: RenderContext,
  ): RenderedMessage {
    const view = this.#view(facts, scope.language, context);
    const subject = templates.subject(view, scope);
    if (!isOneLine(subject))
      throw new RenderError('template-failed', 'The subject is not one line');
    const withSubject = { ...view, subject };
    return {
      subject,
      html: templates.html({ ...withSubject, to: unlinkedAddress(context.to) }, scope),
      text: `${templates.text({ ...withSubject, to: unlinkedAddressInText(context.to) }, scope).trim()}\n`,
      language: scope.language.locale,
    };
  }

  #view(facts: Facts, language: Language, context: RenderContext): View {
    const lifetime = (context.expiresAt.getTime() - context.createdAt.getTime()) / 1000;
    if (!(lifetime > 0) || context.to === '')
      throw new RenderError('invalid-context', 'No recipient, or it expires before it is made');
    const view: Record<string, string | readonly string[]> = {
      appName: this.product.appName,
      to: context.to,
      lifetime: language.lifetime(lifetime),
      expiresAt: language.moment(context.expiresAt),
      createdAt: language.moment(context.createdAt),
      language: language.locale,
      direction: language.direction,
      start: language.direction === 'rtl' ? 'right' : 'left',
      footer: linesOf(context.footer ?? this.product.footer),
    };
    for (const [name, fact] of Object.entries(facts)) if (fact) view[name] = fact;
    return view;
  }

  /** What the samples of a kind print: the names `{{#given}}` may ask for. */
  #namesOf(definition: MessageDefinition): Set<string> {
    return new Set(
      definition.samples.flatMap((sample) => Object.keys(definition.facts(sample, this.#linkTo))),
    );
  }
}

function languageFor(languages: ReadonlyMap<string, Language>, locale: string): Language {
  for (const tag of [...fallbackChain(locale), BASE_LOCALE]) {
    const language = languages.get(tag);
    if (language) return language;
  }
  throw new Error(`There are no phrases in ${BASE_LOCALE}`);
}

function linesOf(text: string | undefined): string[] {
  return (text ?? '').split(/\r\n|[\r\n]/).filter((line) => line.trim() !== '');
}

function isOneLine(subject: string): boolean {
  return /^[^\p{Cc}\u2028\u2029]+$/u.test(subject);
}
