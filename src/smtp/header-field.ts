import { isShorterThanBase64 } from './quoted-printable.js';

const CRLF = '\r\n';

/** Characters a line is folded at (RFC 5322: 78; RFC 2047 section 2: 76 with encoded words). */
const LINE_LENGTH = 76;

/** Characters of an encoded word; with the longest name of a field before it, it fits a line. */
const WORD_LENGTH = 60;

/** A field with its line end, folded wherever white space allows it (RFC 5322 section 2.2.3). */
export function field(name: string, body: string): string {
  const line = `${name}: ${body}`;
  return line.length <= LINE_LENGTH ? line + CRLF : folded(line) + CRLF;
}

/**
 * The body of an unstructured field: the text as it is, or in encoded words. Text that looks like
 * an encoded word must not become one on the reader's side (B19), and a word that can't be folded
 * must not make a line longer than allowed, nor many spaces a line of nothing else.
 */
export function unstructured(text: string): string {
  if (isHarmless(text)) return text;
  const clean = singleLine(text);
  return isHarmless(clean) ? clean : encodedWords(clean);
}

/**
 * The body of an address field with one mailbox (RFC 5322 section 3.4).
 * @param address dot-atom and domain, or domain literal; printed as it is
 */
export function mailbox(name: string, address: string): string {
  // A reader that decodes what it has decoded already must not find an encoded word.
  const clean = singleLine(name).replaceAll('=?', '= ?');
  if (clean === '') return address.includes('[') ? `<${address}>` : address;
  const phrase = /^[\w ']*$/.test(clean) ? clean : `"${clean.replace(/["\\]/g, '\\$&')}"`;
  return `${isHarmless(phrase) ? phrase : encodedWords(clean)} <${address}>`;
}

// Printable, one line, nothing at its ends that would be trimmed, and can be folded.
const isHarmless = (text: string): boolean =>
  /^(?! )[\x20-\x7e]*(?<! )$/.test(text) &&
  !text.includes('=?') &&
  (text.length < WORD_LENGTH || !/\S{60}| {10}/.test(text));

const singleLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();

// A run of spaces goes to the next line with the word after it: a line of white space alone is not
// allowed (RFC 5322 section 3.2.2), and some servers take it for the end of the header.
function folded(line: string): string {
  let done = '';
  let current = '';
  for (const piece of line.split(/(?<=[^ ])(?= )/)) {
    if (current !== '' && current.length + piece.length > LINE_LENGTH) {
      done += current + CRLF;
      current = '';
    }
    current += piece;
  }
  return done + current;
}

/** RFC 2047, in whichever encoding is shorter, with whole characters in every word. */
function encodedWords(text: string): string {
  const isShort = isShorterThanBase64(Buffer.byteLength(text), text.length);
  const { encoding, room, sizeOf, encode } = isShort ? Q : B;
  const words: string[] = [];
  let from = 0;
  let to = 0;
  let size = 0;
  for (const character of text) {
    const more = sizeOf(character);
    if (size + more > room) {
      words.push(text.slice(from, to));
      from = to;
      size = 0;
    }
    to += character.length;
    size += more;
  }
  words.push(text.slice(from));
  return words.map((word) => `=?UTF-8?${encoding}?${encode(word)}?=`).join(' ');
}

const ROOM = WORD_LENGTH - '=?UTF-8?Q??='.length;

// What may stand for itself even in the name of an address (RFC 2047 section 5, rule 3).
const Q_ENCODED = /[^A-Za-z0-9!*+/-]/gu;

const Q = {
  encoding: 'Q',
  room: ROOM,
  sizeOf: (character: string) => inQ(character).length,
  encode: (word: string) => word.replace(Q_ENCODED, inQ),
} as const;

const B = {
  encoding: 'B',
  room: (ROOM / 4) * 3,
  sizeOf: (character: string) => Buffer.byteLength(character),
  encode: (word: string) => Buffer.from(word).toString('base64'),
} as const;

function inQ(character: string): string {
  if (character === ' ') return '_';
  if (/^[A-Za-z0-9!*+/-]$/.test(character)) return character;
  return Buffer.from(character).toString('hex').toUpperCase().replace(/../g, '=$&');
}
