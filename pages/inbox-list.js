// The list of mails: one row each, made from a <template>.

const template = document.getElementById('row-template');
const clock = new Intl.DateTimeFormat([], { hour: '2-digit', minute: '2-digit' });
const day = new Intl.DateTimeFormat([], { day: 'numeric', month: 'short' });
const full = new Intl.DateTimeFormat([], { dateStyle: 'medium', timeStyle: 'medium' });

/** A time as a sentence would say it in full. */
export const fullTime = (iso) => full.format(new Date(iso));

function age(iso) {
  const then = new Date(iso);
  const minutes = Math.floor((Date.now() - then) / 60_000);
  if (minutes < 1) return 'now';
  if (minutes < 60) return `${minutes} min`;
  return then.toDateString() === new Date().toDateString() ? clock.format(then) : day.format(then);
}

function fill(item, mail, { read, openId }) {
  const part = (selector) => item.querySelector(selector);
  const row = part('.row');
  const isOpen = mail.id === openId;
  if (isOpen) row.setAttribute('aria-current', 'true');
  else row.removeAttribute('aria-current');
  part('.unread').hidden = isOpen || read.has(mail.id);
  row.classList.toggle('is-unread', !part('.unread').hidden);
  part('time').textContent = age(mail.receivedAt);
}

function create(mail) {
  const item = template.content.cloneNode(true).firstElementChild;
  const part = (selector) => item.querySelector(selector);
  item.dataset.id = mail.id;
  part('.row').href = `#${mail.id}`;
  part('.who').textContent = mail.to;
  part('.about').textContent = mail.subject || '(no subject)';
  part('time').dateTime = mail.receivedAt;
  part('time').title = fullTime(mail.receivedAt);
  part('.pill').hidden = !mail.code;
  part('.pill').textContent = mail.code ?? '';
  return item;
}

/** Rows that are there stay there, with the focus they may have. */
export function renderList(list, mails, view) {
  const rows = new Map([...list.children].map((item) => [item.dataset.id, item]));
  mails.forEach((mail, i) => {
    const item = rows.get(mail.id) ?? create(mail);
    rows.delete(mail.id);
    fill(item, mail, view);
    if (list.children[i] !== item) list.insertBefore(item, list.children[i] ?? null);
  });
  for (const item of rows.values()) item.remove();
}
