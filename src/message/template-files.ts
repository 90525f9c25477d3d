import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { inlineCss } from './css-inliner.js';
import { fallbackChain, Language } from './language.js';
import { messageKinds, type MessageKind } from './message-kinds.js';
import { TemplateError, TemplateFault } from './render.errors.js';
import { compilePartial, compileTemplate, type Template } from './template-engine.js';

/** The language every phrase exists in; the end of every fallback chain. */
export const BASE_LOCALE = 'en';

export interface MessageTemplates {
  readonly subject: Template;
  readonly html: Template;
  readonly text: Template;
  /** By locale. */
  readonly languages: ReadonlyMap<string, Language>;
}

/**
 * Reads and compiles everything under `templates/`, once, at start.
 *
 * @param directory absolute path
 * @throws TemplateError with every file that cannot be used
 */
export function loadTemplates(directory: string): Map<MessageKind, MessageTemplates> {
  const faults: string[] = [];
  const attempt = <Result>(work: () => Result): Result | undefined => {
    try {
      return work();
    } catch (error) {
      faults.push(error instanceof Error ? error.message : String(error));
      return undefined;
    }
  };
  const files = new TemplateFiles(directory);
  const layout = attempt(() => loadLayout(files));
  const phrases = attempt(() => loadPhrases(files));
  const loaded = new Map<MessageKind, MessageTemplates>();
  for (const kind of Object.keys(messageKinds) as MessageKind[]) {
    const templates =
      layout &&
      phrases &&
      attempt(() => ({
        ...compileKind(files, layout, kind),
        languages: languagesOf(phrases, kind),
      }));
    if (templates) loaded.set(kind, templates);
  }
  if (faults.length > 0) throw new TemplateError(faults);
  return loaded;
}

class TemplateFiles {
  constructor(private readonly directory: string) {}

  read(file: string): string {
    try {
      return readFileSync(path.join(this.directory, file), 'utf8');
    } catch (error) {
      throw new TemplateFault(file, `cannot be read (${(error as NodeJS.ErrnoException).code})`);
    }
  }

  list(folder: string): string[] {
    return readdirSync(path.join(this.directory, folder)).toSorted();
  }
}

type Layout = ReturnType<typeof loadLayout>;

function loadLayout(files: TemplateFiles) {
  const css = files.read('layout/inlined.css');
  const html = (file: string) => inlineCss(file, files.read(file), css);
  return {
    html,
    htmlLayout: html('layout/layout.html.hbs'),
    textLayout: files.read('layout/layout.text.hbs'),
    button: compilePartial('layout/button.html.hbs', html('layout/button.html.hbs'), 'html'),
  };
}

function compileKind(files: TemplateFiles, layout: Layout, kind: MessageKind) {
  const [subject, html, text] = [
    `${kind}/subject.hbs`,
    `${kind}/body.html.hbs`,
    `${kind}/body.text.hbs`,
  ];
  return {
    subject: compileTemplate(subject, files.read(subject).trim(), 'text'),
    html: compileTemplate('layout/layout.html.hbs', layout.htmlLayout, 'html', {
      body: compilePartial(html, layout.html(html), 'html'),
      button: layout.button,
    }),
    text: compileTemplate('layout/layout.text.hbs', layout.textLayout, 'text', {
      body: compilePartial(text, files.read(text), 'text'),
    }),
  };
}

const sections = z.record(z.string(), z.record(z.string(), z.string()));
type Phrases = ReadonlyMap<string, z.output<typeof sections>>;

/** locales/<locale>.json: one section a kind, and `layout` for what they share. */
function loadPhrases(files: TemplateFiles): Phrases {
  const phrases = new Map<string, z.output<typeof sections>>();
  for (const name of files.list('locales').filter((name) => name.endsWith('.json'))) {
    const file = `locales/${name}`;
    try {
      phrases.set(name.slice(0, -'.json'.length), sections.parse(JSON.parse(files.read(file))));
    } catch (error) {
      throw new TemplateFault(file, `is not JSON of sections of phrases (${String(error)})`);
    }
  }
  return phrases;
}

/** A kind may say a phrase of the layout in its own words; `de-AT` may leave out what `de` has. */
function languagesOf(phrases: Phrases, kind: MessageKind): Map<string, Language> {
  const said = (locale: string) => ({
    ...phrases.get(locale)?.layout,
    ...phrases.get(locale)?.[kind],
  });
  const base = new Set(Object.keys(said(BASE_LOCALE)));
  const languages = new Map<string, Language>();
  for (const locale of phrases.keys()) {
    const file = `locales/${locale}.json`;
    const merged = Object.assign({}, ...fallbackChain(locale).toReversed().map(said));
    const language = new Language(locale, file, merged);
    const keys = new Set(language.keys);
    const missing = [...base].filter((key) => !keys.has(key));
    const unknown = [...keys].filter((key) => !base.has(key));
    if (missing.length > 0)
      throw new TemplateFault(file, `"${kind}" lacks the phrases ${missing.join(', ')}`);
    if (unknown.length > 0)
      throw new TemplateFault(file, `"${kind}" has phrases nothing says: ${unknown.join(', ')}`);
    languages.set(locale, language);
  }
  return languages;
}
