import fc from 'fast-check';

// What has broken some mail program, one kind a line.
export const FRAGMENTS = [
  ['\r\n', '\n', '\r', '\r\nBcc: evil@e.com', '\r\n.\r\n', '\n.\r\n', '\r\n\r\n<b>', '\0'],
  ['%0d%0a', '\u0085', '\u2028', '\u2029', '\v', '\f', '\t', '\u001b[2J', '\u007f'],
  ['=?utf-8?q?=0D=0ABcc:_e@e.com?=', '=?utf-8?b?DQpCY2M6?=', '=?us-ascii?q?x?=', '=0A', '?='],
  ['<img src=x onerror=alert(1)>', '<script>', '</td></table>', '"', "'", '`', '&', '&lt;', '='],
  ['-->', '<![endif]-->', '{{code}}', '{{{link}}}', '{{> body}}', '{{#each this}}', '{{{{raw}}}}'],
  ['{name}', '{appName}', '{{constructor.constructor("x")()}}', '__proto__', '$&', '\\'],
  ['\u202e', '\u2066', '\u200f', '\u200b', '\u200d', '\u00ad', '\ufeff', '\u3164', '\u0300'],
  ['\ud800', '\udc00', '\u{1f469}\u200d\u{1f680}', '\u{e0041}', 'שלום', 'مرحبا', '漢字', 'ﷺ'],
  ['İ', '\u212a', 'ſ', 'ß', '\uff0e', '\u3002', '\uff20', '\uff0c', '\u2100', 'é', 'e\u0301'],
  ['http://evil.com', 'www.evil', 'evil.com/x', ',', ';', ':', '(x)', '<a@b.c>', '@', '.', '..'],
  ['From ', '\nFrom x', ' \n', '\t\n', '\n..', '\n--', '--=_-', '=\n', '=_', '\n.\n', ' .'],
  ['a'.repeat(64), 'b'.repeat(100), 'ü'.repeat(60), '漢'.repeat(99), ' '.repeat(50)],
].flat();

const ordinary = fc.constantFrom('Ada', 'Grace Hopper', 'x', 'Ünal', '42', '李', '-', ' ', '+tag');
const piece = fc.oneof(
  { weight: 4, arbitrary: ordinary },
  { weight: 3, arbitrary: fc.constantFrom(...FRAGMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
/** Short, and in it anything. */
export const hostileText = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''));

const atom = fc.string({
  unit: fc.constantFrom(..."abcxyzABC019#$&'*+-/=?^_`{|}~"),
  minLength: 1,
  maxLength: 24,
});
const label = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9](?:[a-z0-9-]{0,12}[a-z0-9])?$/),
  fc.constantFrom('bücher', 'g\u043eod', 'faß', '例え', 'ｅｘ', '\u212a', 'xn--bcher-kva'),
);
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 6 }), fc.constantFrom('com', 'рф', 'museum'))
  .map(([labels, top]) => [...labels, top].join('.'));
const wellFormed = fc
  .tuple(fc.array(atom, { minLength: 1, maxLength: 4 }), domain)
  .map(([atoms, domain]) => `${atoms.join('.')}@${domain}`);
/** Most of them are addresses. */
export const hostileAddress = fc.oneof(
  { weight: 6, arbitrary: wellFormed },
  { weight: 1, arbitrary: fc.tuple(hostileText, domain).map((parts) => parts.join('@')) },
  { weight: 1, arbitrary: fc.tuple(atom, hostileText).map((parts) => parts.join('@')) },
  {
    weight: 1,
    arbitrary: fc.tuple(wellFormed, fc.constantFrom(...FRAGMENTS), fc.nat()).map(insertInto),
  },
  { weight: 1, arbitrary: hostileText },
);

function insertInto([text, fragment, at]: [string, string, number]): string {
  const index = at % (text.length + 1);
  return text.slice(0, index) + fragment + text.slice(index);
}
