import PostalMime, { type Address, type Email } from 'postal-mime';
import type { InboxItem } from './inbox.schemas.js';

/** What the mail itself says; its id and the time come from the inbox. */
export type MailContent = Omit<InboxItem, 'id' | 'receivedAt'>;

/** Who the server was told the mail is from and for: addresses without names. */
export interface Envelope {
  readonly from: string;
  readonly to: readonly string[];
}

/**
 * Reads a message (RFC 5322, MIME). One that can't be read is shown as it is: an inbox that hides
 * a broken mail hides the fault somebody is looking for.
 */
export async function readMail(raw: Buffer, envelope: Envelope): Promise<MailContent> {
  const mail = await PostalMime.parse(raw).catch((): Email => unreadable(raw));
  const text = mail.text ?? '';
  const html = mail.html ?? null;
  const words = text || plainText(html ?? '');
  return {
    from: mail.from ? written(mail.from) : envelope.from,
    to: envelope.to.join(', '),
    subject: mail.subject ?? '',
    text,
    html,
    headers: headerFields(mail),
    code: findCode(mail.subject ?? '', words),
    links: findLinks(html ?? '', text),
  };
}

const unreadable = (raw: Buffer): Email => ({
  headers: [],
  headerLines: [],
  subject: '(this mail is broken; see its source)',
  text: raw.toString('latin1'),
  attachments: [],
});

const written = ({ name, address = '' }: Address): string =>
  name && address ? `${name} <${address}>` : address || name;

function headerFields(mail: Email): Record<string, string> {
  const fields = new Map<string, string>();
  for (const { key, value } of mail.headers) {
    const before = fields.get(key);
    fields.set(key, before === undefined ? value : `${before}\n${value}`);
  }
  return Object.fromEntries(fields);
}

// A mail may be made to keep a careless pattern busy for hours: everything here is linear, or works
// on a bounded part of it.

// Six digits, perhaps with a gap in the middle as people write them: 493817, 493 817, 493-817.
const CODE_LINE = /^[ \t\u00a0]*(\d{3})[ \u00a0\u202f-]?(\d{3})[ \t\r\u00a0]*$/m;
const CODE_WORD = /(?<![\w@.+-])(\d{3})[ \u00a0\u202f-]?(\d{3})(?![\w@+-]|\.\d)/;

/**
 * The code of a mail: six digits on a line of their own; else in the subject; else anywhere in a
 * mail that speaks of a code. Addresses and links never hold it.
 */
export function findCode(subject: string, text: string): string | null {
  const words = text
    .split(/(\s)/)
    .map((word) => (word.includes('@') || word.includes('://') ? '' : word))
    .join('');
  const found =
    CODE_LINE.exec(words) ??
    CODE_WORD.exec(subject) ??
    (/\bcode\b/i.test(words) ? CODE_WORD.exec(words) : null);
  return found ? `${found[1]}${found[2]}` : null;
}

const ANCHOR = /<a\s[^<>]*?\bhref\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi;
const PLAIN_LINK = /\bhttps?:\/\/[^\s<>"]+/gi;

/** Links (http and https) of the HTML part, then those only the text has, each once. */
export function findLinks(html: string, text: string): string[] {
  const links = new Set<string>();
  for (const [, double, single, bare] of html.matchAll(ANCHOR)) {
    const link = decodeEntities(double ?? single ?? bare ?? '').trim();
    if (/^https?:\/\//i.test(link) && URL.canParse(link)) links.add(link);
  }
  for (const [match] of text.matchAll(PLAIN_LINK)) {
    const link = withoutPunctuation(match);
    if (URL.canParse(link)) links.add(link);
  }
  return [...links];
}

/** A sentence may end behind a link, or a bracket close. */
function withoutPunctuation(link: string): string {
  let end = link.length;
  while (end > 0 && `.,;:!?)]}'”’`.includes(link.charAt(end - 1))) end -= 1;
  return link.slice(0, end);
}

const NAMED: Readonly<Record<string, string>> = {
  amp: '&',
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'",
  nbsp: '\u00a0',
};

function decodeEntities(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([\da-f]{1,6})|(\w{2,6}));/gi, (whole, dec, hex, name) => {
    if (name) return NAMED[name.toLowerCase()] ?? whole;
    const point = dec ? Number.parseInt(dec, 10) : Number.parseInt(hex, 16);
    return point <= 0x10ffff ? String.fromCodePoint(point) : whole;
  });
}

const SEARCHED_CHARACTERS = 32_768;

// Good enough to look for a code in a mail that has no text part; never shown.
const plainText = (html: string): string =>
  decodeEntities(
    html
      .slice(0, SEARCHED_CHARACTERS)
      .replace(/<(style|script|head)\b[\s\S]*?<\/\1\s*>/gi, ' ')
      .replace(/<\/(p|div|td|tr|h[1-6]|li)\s*>|<br\b[^<>]*>/gi, '\n')
      .replace(/<[^<>]*>/g, ' '),
  );
