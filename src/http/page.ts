import type { Response } from 'express';
import { assetUrl } from './assets.js';

/** Markup that is safe to send: only {@link html} makes it. */
export class Html {
  readonly #markup: string;

  private constructor(markup: string) {
    this.#markup = markup;
  }

  /** Puts together what a template literal holds; see {@link html}. */
  static join(strings: readonly string[], values: readonly Insertable[]): Html {
    const parts = strings.map((string, i) => string + (i < values.length ? insert(values[i]) : ''));
    return new Html(parts.join(''));
  }

  toString(): string {
    return this.#markup;
  }
}

/** What may stand in a template: text is escaped, markup is not, and nothing stands for nothing. */
export type Insertable =
  Html | string | number | boolean | null | undefined | readonly Insertable[];

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

const escape = (text: string): string => text.replace(/[&<>"']/g, (char) => ENTITIES[char] ?? '');

function insert(value: Insertable): string {
  if (value instanceof Html) return value.toString();
  if (Array.isArray(value)) return value.map(insert).join('');
  if (value === null || value === undefined || typeof value === 'boolean') return '';
  return escape(String(value));
}

/**
 * A template for text and for attribute values in double quotes: whatever is inserted is escaped,
 * but for {@link Html}. Not for the inside of `<script>` and `<style>`, which no page has, and not
 * for the scheme of an address.
 */
export const html = (strings: TemplateStringsArray, ...values: Insertable[]): Html =>
  Html.join(strings, values);

/**
 * Everything from our own origin, nothing inline, no frame around it. Frames are allowed for the
 * mails of the inbox, which bring a stricter policy of their own.
 */
const PAGE_POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "frame-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');

/** Sets the headers that every page has; a link in the address never leaves through a Referer. */
export function pageHeaders(response: Response): void {
  response.set({
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': PAGE_POLICY,
    'Referrer-Policy': 'no-referrer',
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'X-Robots-Tag': 'noindex',
  });
}

/** One page and what it needs. */
export interface PageView {
  readonly title: string;
  readonly appName: string;
  readonly body: Html;
  /** Files of `pages/` beside console.css. */
  readonly styles?: readonly string[];
  /** Modules of `pages/`. */
  readonly scripts?: readonly string[];
  /** The way from this page to the root of the site; `/` if not told. */
  readonly root?: string;
}

/** A whole HTML document; send it with {@link pageHeaders}. */
export function page({ title, appName, body, styles = [], scripts = [], root = '/' }: PageView) {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${title} · ${appName}</title>
        <link rel="icon" href="${assetUrl('gatepost.svg', root)}" type="image/svg+xml" />
        ${['console.css', ...styles].map(
          (name) => html`<link rel="stylesheet" href="${assetUrl(name, root)}" />`,
        )}
        ${scripts.map((name) => html`<script type="module" src="${assetUrl(name, root)}"></script>`)}
      </head>
      <body>
        ${body}
      </body>
    </html> `.toString();
}

/** A page with one thing to do: a card in the middle, the product's name above it. */
export function cardPage(view: PageView): string {
  return page({
    ...view,
    body: html`<main class="solo">
      <p class="brand"><i aria-hidden="true"></i>${view.appName}</p>
      <div class="card">${view.body}</div>
    </main>`,
  });
}
