// One mail: its code, its links and its four parts.

import { fullTime } from './inbox-list.js';

const byId = (id) => document.getElementById(id);
const tabs = [...document.querySelectorAll('[role=tab]')];
const panelOf = (tab) => byId(tab.getAttribute('aria-controls'));

let shown = null;

/** Shows a mail; false where it is not there any more. */
export async function showMail(id) {
  if (shown?.id === id) return true;
  const response = await fetch(`/dev/inbox/${encodeURIComponent(id)}`);
  if (location.hash !== `#${id}`) return false; // another one was chosen meanwhile
  if (!response.ok) {
    location.hash = '';
    return false;
  }
  shown = await response.json();
  byId('subject').textContent = shown.subject || '(no subject)';
  byId('from').textContent = shown.from || '(nobody: a report that wants no answer)';
  byId('to').textContent = shown.to;
  byId('received').dateTime = shown.receivedAt;
  byId('received').textContent = fullTime(shown.receivedAt);
  byId('code').hidden = !shown.code;
  byId('digits').textContent = shown.code ?? '';
  byId('links').replaceChildren(...shown.links.map(linkItem));
  byId('text').replaceChildren(...withLinks(shown.text || 'This mail has no text part.'));
  byId('fields').replaceChildren(...Object.entries(shown.headers).flatMap(headerField));
  byId('source').textContent = '';
  byId('download').href = `/dev/inbox/${id}/raw`;
  byId('download').download = `${id}.eml`;
  byId('tab-html').hidden = !shown.html;
  byId('mail').hidden = false;
  // Put in anew: a change of src would become a step of the browser's history.
  const frame = byId('frame');
  const next = frame.cloneNode();
  if (shown.html) next.src = `/dev/inbox/${id}/html`;
  else next.removeAttribute('src');
  frame.replaceWith(next);
  select(tabs.find((tab) => tab.ariaSelected === 'true' && !tab.hidden) ?? firstTab());
  return true;
}

export function hideMail() {
  shown = null;
  byId('mail').hidden = true;
}

const firstTab = () => tabs.find((tab) => !tab.hidden);

function select(chosen) {
  for (const tab of tabs) {
    tab.ariaSelected = String(tab === chosen);
    tab.tabIndex = tab === chosen ? 0 : -1;
    panelOf(tab).hidden = tab !== chosen;
  }
  byId('phone').hidden = chosen.id !== 'tab-html';
  if (chosen.id === 'tab-source') loadSource().catch(() => {});
}

async function loadSource() {
  const { id } = shown;
  const response = await fetch(`/dev/inbox/${id}/raw`);
  const source = response.ok ? await response.text() : 'This mail is not there any more.';
  if (shown?.id === id) byId('source').textContent = source;
}

// Arrows, Home and End move between the tabs, as the ARIA Authoring Practices describe it.
for (const tab of tabs) {
  tab.addEventListener('click', () => select(tab));
  tab.addEventListener('keydown', (event) => {
    const there = tabs.filter((other) => !other.hidden);
    const at = there.indexOf(tab);
    const next = {
      ArrowRight: there[(at + 1) % there.length],
      ArrowLeft: there.at(at - 1),
      Home: there[0],
      End: there.at(-1),
    }[event.key];
    if (!next) return;
    event.preventDefault();
    select(next);
    next.focus();
  });
}

function linkItem(href) {
  const item = byId('link-template').content.cloneNode(true).firstElementChild;
  const link = item.querySelector('a');
  link.href = href;
  link.textContent = href;
  const button = item.querySelector('button');
  button.setAttribute('aria-label', `Copy ${href}`);
  copies(button, () => href);
  return item;
}

/** Text with its links to click on. */
const withLinks = (text) =>
  text.split(/(https?:\/\/[^\s<>"]*[^\s<>".,;:!?)\]}'”’])/i).map((piece, i) => {
    if (i % 2 === 0) return piece;
    const link = Object.assign(document.createElement('a'), {
      href: piece,
      textContent: piece,
      target: '_blank',
      rel: 'noopener noreferrer',
      className: 'link',
    });
    return link;
  });

const headerField = ([name, value]) => {
  const term = document.createElement('dt');
  const text = document.createElement('dd');
  term.textContent = name;
  text.textContent = value;
  return [term, text];
};

/** Makes a button copy; says so on the button itself, for eyes and for screen readers. */
export function copies(button, textOf) {
  const label = button.textContent;
  let back;
  button.addEventListener('click', async () => {
    const done = await navigator.clipboard.writeText(textOf()).then(
      () => true,
      () => false,
    );
    button.textContent = done ? 'Copied' : 'Copying is not allowed';
    byId('status').textContent = button.textContent;
    clearTimeout(back);
    back = setTimeout(() => {
      button.textContent = label;
    }, 1500);
  });
}

copies(byId('copy-code'), () => shown.code);

byId('phone').addEventListener('click', ({ target }) => {
  const isNarrow = byId('panel-html').classList.toggle('as-phone');
  target.ariaPressed = String(isNarrow);
});
