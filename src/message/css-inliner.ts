import { inline, inlineFragment } from '@css-inline/css-inline';
import { TemplateFault } from './render.errors.js';

// Handlebars expressions, and entities, which the HTML serializer would turn into characters.
const OPAQUE = /\{\{[\s\S]*?\}\}+|&#?\w+;/g;
// On a <style> that must stay, because it depends on the reader's screen.
const KEEP = / data-css-inline="keep"/g;
const WORD = /opaque(\d+)word/g;

/**
 * Writes the style sheet into the `style` attributes of a template, because Gmail and Outlook
 * ignore most of a <style>. Done once at start, on the source: expressions pass as words.
 */
export function inlineCss(file: string, source: string, css: string): string {
  const opaque: string[] = [];
  const words = source.replace(OPAQUE, (found) => `opaque${opaque.push(found) - 1}word`);
  const inlined = /^\s*<!doctype/i.test(words)
    ? inline(words, { extraCss: css, inlineStyleTags: false }).replace(KEEP, '')
    : inlinedFragment(words, css);

  let next = 0;
  const result = inlined.replace(WORD, (word, index) => {
    if (Number(index) === next) return opaque[next++] ?? word;
    throw misplaced(file, opaque[next]);
  });
  if (next !== opaque.length) throw misplaced(file, opaque[next]);
  return result;
}

// css-inline 0.20 keeps only the first element of a fragment, hence the one around it.
function inlinedFragment(fragment: string, css: string): string {
  return inlineFragment(`<div>${fragment}</div>`, css)
    .replace(/^<div>/, '')
    .replace(/<\/div>\s*$/, '');
}

function misplaced(file: string, expression: string | undefined): TemplateFault {
  return new TemplateFault(
    file,
    `${expression} stands where HTML allows no text, such as between <table> and <tr>; move it into a cell`,
  );
}
