// The page at /inbox: which mails there are, which one is open, and what arrives.

import { renderList } from './inbox-list.js';
import { copies, hideMail, showMail } from './inbox-mail.js';

const PAGE_SIZE = 50;
const RETRY_MS = 3000;
const READ_KEY = 'gatepost-inbox-read';

const byId = (id) => document.getElementById(id);
const list = byId('list');
const filter = byId('filter');

const state = {
  /** Newest first. */
  mails: [],
  nextCursor: null,
  read: new Set(JSON.parse(localStorage.getItem(READ_KEY) ?? '[]')),
};

const openId = () => location.hash.slice(1);
const wanted = () => filter.value.trim().toLowerCase();
const isWanted = (mail) => mail.to.toLowerCase().includes(wanted());

function render() {
  const isEmpty = state.mails.length === 0;
  const isFiltered = wanted() !== '';
  renderList(list, state.mails, { read: state.read, openId: openId() });
  byId('none').hidden = !(isEmpty && isFiltered);
  byId('more').hidden = state.nextCursor === null;
  byId('empty').hidden = !isEmpty || isFiltered;
  byId('clear').hidden = isEmpty;
  byId('inbox').dataset.view = openId() ? 'mail' : isEmpty && !isFiltered ? 'empty' : 'list';
  byId('nothing').hidden = Boolean(openId()) || isEmpty;
  const unread = state.mails.filter(({ id }) => !state.read.has(id)).length;
  document.title = document.title.replace(/^(\(\d+\) )?/, unread ? `(${unread}) ` : '');
}

async function fetchPage(cursor) {
  const query = new URLSearchParams({ limit: PAGE_SIZE });
  if (cursor) query.set('cursor', cursor);
  if (wanted()) query.set('to', wanted());
  const response = await fetch(`/dev/inbox?${query}`);
  if (!response.ok) throw new Error(`The inbox answered ${response.status}`);
  return response.json();
}

// Only the answer to the latest question counts: while somebody types, several are on their way.
let latest = 0;

async function refresh() {
  latest += 1;
  const mine = latest;
  const page = await fetchPage();
  if (mine !== latest) return;
  state.mails = page.items;
  state.nextCursor = page.nextCursor;
  render();
}

async function showOlder() {
  const before = latest;
  const page = await fetchPage(state.nextCursor);
  if (before !== latest) return;
  state.mails.push(...page.items);
  state.nextCursor = page.nextCursor;
  render();
}

function markRead(id) {
  state.read.add(id);
  // The server keeps 500; what is older will never be asked for again.
  localStorage.setItem(READ_KEY, JSON.stringify([...state.read].slice(-1000)));
}

let lastOpen = '';

/** Shows what the address names. Where list and mail take turns, the focus goes along. */
async function route({ takeTurns } = {}) {
  const id = openId();
  if (!id) hideMail();
  else if (await showMail(id)) markRead(id);
  render();
  if (takeTurns && id) byId('subject').focus();
  else if (takeTurns) list.querySelector(`[data-id="${CSS.escape(lastOpen)}"] a`)?.focus();
  lastOpen = id;
}

// --- what arrives

function say(sentence) {
  byId('status').textContent = sentence;
}

function showConnection(word, state) {
  const chip = byId('live');
  chip.textContent = word;
  chip.className = `chip ${state}`;
}

function arrived(mail) {
  if (!isWanted(mail) || state.mails.some(({ id }) => id === mail.id)) return;
  state.mails.unshift(mail);
  render();
  say(`New mail for ${mail.to}: ${mail.subject}`);
}

/** Events, and while they don't come, asking every few seconds. */
function connect() {
  const events = new EventSource('/dev/inbox/events');
  events.addEventListener('open', () => {
    showConnection('Live', 'sent');
    refresh().catch(() => {});
  });
  events.addEventListener('arrived', ({ data }) => arrived(JSON.parse(data)));
  events.addEventListener('cleared', () => {
    state.mails = [];
    state.nextCursor = null;
    location.hash = '';
    render();
  });
  events.addEventListener('error', () => {
    events.close();
    refresh().then(
      () => showConnection('Every 3 s', 'retry'),
      () => showConnection('Server away', 'failed'),
    );
    setTimeout(connect, RETRY_MS);
  });
}

// --- what people do

addEventListener('hashchange', () => {
  const takeTurns = matchMedia('(max-width: 800px)').matches;
  route({ takeTurns }).catch(() => say('The server does not answer.'));
});

let typing;
filter.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(() => refresh().catch(() => {}), 150);
});

byId('more').addEventListener('click', () => showOlder().catch(() => {}));

// Up and down walk through the list and open what they reach.
list.addEventListener('keydown', (event) => {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' }[event.key];
  const row = event.target.closest('li')?.[step]?.querySelector('a');
  if (!row) return;
  event.preventDefault();
  row.focus();
  if (openId()) location.replace(row.hash);
});

const dialog = byId('clear-dialog');
byId('clear').addEventListener('click', () => {
  dialog.returnValue = 'keep';
  dialog.showModal();
});
dialog.addEventListener('close', () => {
  if (dialog.returnValue !== 'clear') return;
  fetch('/dev/inbox', { method: 'DELETE' })
    .then(refresh)
    .then(() => {
      location.hash = '';
      say('All mails are gone.');
    })
    .catch(() => say('The server does not answer.'));
});

for (const example of document.querySelectorAll('.example'))
  copies(example.querySelector('button'), () => example.querySelector('pre').textContent.trim());

setInterval(render, 30_000); // the ages of the mails
route().catch(() => {});
connect();
