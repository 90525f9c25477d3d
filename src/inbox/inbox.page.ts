import { html, type Html, page } from '#http';

/**
 * The page at /inbox. Its parts are filled by pages/inbox.js; what repeats is a `<template>`.
 *
 * @param view.origin where this server is reached, for the example
 */
export function inboxPage(view: { appName: string; origin: string }): string {
  return page({
    title: 'Inbox',
    appName: view.appName,
    styles: ['inbox.css'],
    scripts: ['inbox.js'],
    body: html`${bar(view.appName)}
      <main class="inbox" id="inbox">
        <section class="mails" aria-labelledby="mails-title">
          <h2 class="visually-hidden" id="mails-title">Mails</h2>
          <ol class="list" id="list"></ol>
          <p class="none" id="none" hidden>No mail to such a recipient.</p>
          <button class="more" id="more" type="button" hidden>Show older mails</button>
        </section>
        ${mail} ${nothingChosen} ${empty(view.origin)}
      </main>
      <p class="visually-hidden" role="status" id="status"></p>
      <noscript>
        <p class="none">
          This page needs JavaScript. The mails are also at <a href="/dev/inbox">/dev/inbox</a>.
        </p>
      </noscript>
      ${clearDialog} ${templates}`,
  });
}

const bar = (appName: string): Html =>
  html`<header class="bar">
    <h1 class="brand">
      <i aria-hidden="true"></i><span>${appName} <span class="muted">inbox</span></span>
    </h1>
    <div class="filter" role="search">
      <label class="visually-hidden" for="filter">Filter by recipient</label>
      <input
        id="filter"
        type="search"
        placeholder="Filter by recipient"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
      />
    </div>
    <span class="chip idle" id="live">Connecting</span>
    <button type="button" id="clear" hidden>Clear all</button>
  </header>`;

const TABS = [
  ['html', 'HTML'],
  ['text', 'Text'],
  ['headers', 'Headers'],
  ['source', 'Source'],
] as const;

const panel = (name: string, content: Html): Html =>
  html`<div
    class="panel"
    role="tabpanel"
    id="panel-${name}"
    aria-labelledby="tab-${name}"
    tabindex="0"
    hidden
  >
    ${content}
  </div>`;

const mail = html`<article class="mail" id="mail" aria-labelledby="subject" hidden>
  <header class="mail-head">
    <a class="btn back" href="#">← All mails</a>
    <h2 id="subject" tabindex="-1"></h2>
    <dl>
      <dt>From</dt>
      <dd id="from"></dd>
      <dt>To</dt>
      <dd id="to"></dd>
      <dt>Received</dt>
      <dd><time id="received"></time></dd>
    </dl>
    <div class="code" id="code" role="group" aria-label="Code" hidden>
      <span class="digits" id="digits"></span>
      <button class="btn pri" type="button" id="copy-code">Copy code</button>
    </div>
    <ul class="links" id="links" aria-label="Links in this mail"></ul>
  </header>
  <div class="tabs">
    <div role="tablist" aria-label="Parts of this mail">
      ${TABS.map(
        ([name, label]) =>
          html`<button type="button" role="tab" id="tab-${name}" aria-controls="panel-${name}">
            ${label}
          </button>`,
      )}
    </div>
    <button type="button" class="phone" id="phone" aria-pressed="false">Phone width</button>
    <a class="download" id="download" aria-label="Download .eml"><span>Download </span>.eml</a>
  </div>
  ${panel(
    'html',
    html`<iframe
      id="frame"
      title="The mail as HTML"
      sandbox="allow-popups allow-popups-to-escape-sandbox"
      referrerpolicy="no-referrer"
    ></iframe>`,
  )}
  ${panel('text', html`<pre id="text"></pre>`)}
  ${panel('headers', html`<dl class="fields" id="fields"></dl>`)}
  ${panel('source', html`<pre class="source" id="source"></pre>`)}
</article>`;

const nothingChosen = html`<p class="nothing" id="nothing">
  Choose a mail to read it.<br />New ones appear by themselves.
</p>`;

const empty = (origin: string): Html =>
  html`<section class="empty" id="empty" aria-labelledby="empty-title" hidden>
    <h2 id="empty-title">No mail yet</h2>
    <p>Every mail of this server ends here, and nowhere else.</p>
    <ol>
      <li>
        <p>Register somebody:</p>
        ${example(origin, '/auth/register', {
          email: 'ada@example.com',
          password: 'correct horse battery',
        })}
      </li>
      <li>
        <p>The mail appears here at once. Confirm the address with its code:</p>
        ${example(origin, '/auth/verification', { email: 'ada@example.com', code: '000000' })}
      </li>
    </ol>
    <p class="muted">
      Or try the calls in the browser, at <a class="link" href="/docs">the API documentation</a>.
    </p>
  </section>`;

function example(origin: string, path: string, body: Record<string, string>): Html {
  const command = [
    `curl ${origin}${path} \\`,
    `  -H 'content-type: application/json' \\`,
    `  -d '${JSON.stringify(body)}'`,
  ];
  return html`<div class="example">
    <pre tabindex="0">${command.join('\n')}</pre>
    <button type="button" aria-label="Copy the call of ${path}">Copy</button>
  </div>`;
}

const clearDialog = html`<dialog id="clear-dialog" aria-labelledby="clear-title">
  <form method="dialog">
    <h2 id="clear-title">Throw all mails away?</h2>
    <p>They are gone for good. Codes and links in them stay valid.</p>
    <div class="actions">
      <button value="keep">Keep them</button>
      <button class="btn danger" value="clear">Throw away</button>
    </div>
  </form>
</dialog>`;

const templates = html`<template id="row-template">
    <li>
      <a class="row">
        <span class="unread"><span class="visually-hidden">Unread, </span></span>
        <span class="who"></span>
        <time></time>
        <span class="about"></span>
        <span class="pill" hidden></span>
      </a>
    </li>
  </template>
  <template id="link-template">
    <li>
      <a target="_blank" rel="noopener noreferrer"></a>
      <button type="button">Copy</button>
    </li>
  </template>`;

/**
 * The HTML part of a mail as a document of its own, for a sandboxed frame. Its links open in a new
 * tab: the first `<base>` counts, and it has to stand behind the doctype, or browsers fall back
 * to the layout rules of the nineties.
 */
export function mailDocument(source: string): string {
  const doctype = /^\s*<!doctype[^>]*>/i.exec(source)?.[0] ?? '';
  return `${doctype || '<!doctype html>'}<base target="_blank">${source.slice(doctype.length)}`;
}
