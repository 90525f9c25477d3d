import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { field, mailbox, unstructured } from './header-field.js';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 200 }),
  fc.string({ unit: fc.constantFrom(...'=?"\\ ax_.@<>(),é🙂漢'), maxLength: 300 }),
  fc
    .array(fc.constantFrom('word', ' ', '  ', 'x'.repeat(59), 'x'.repeat(60), ' '.repeat(80), 'ü'))
    .map((parts) => parts.join('')),
);

const shown = (value: string): string =>
  value
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();

// what a reader takes for a byte order mark
const marked = (value: string | undefined): string | undefined => value?.replaceAll('\ufeff', '');

function assertFolded(written: string): void {
  expect(written).toMatch(/\r\n$/);
  for (const line of written.slice(0, -2).split('\r\n')) {
    expect(line).toMatch(/^[ -~]{1,78}$/);
    expect(line).toMatch(/\S/);
    for (const word of line.match(/=\?\S+\?=/g) ?? []) expect(word.length).toBeLessThanOrEqual(75);
    if (line.includes('=?')) expect(line.length).toBeLessThanOrEqual(76);
  }
}

const read = async (written: string) => await PostalMime.parse(`${written}\r\nx`);

describe('a field of the header', () => {
  it('shows any text as it is, on lines of 78 characters', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (value) => {
        const written = field('Subject', unstructured(value));
        assertFolded(written);
        expect(marked((await read(written)).subject ?? '')).toBe(marked(shown(value)));
      }),
      { numRuns: 3_000, seed: 20_261_120 },
    );
  });

  it('shows any name, and the address beside it', async () => {
    await fc.assert(
      fc.asyncProperty(text, async (name) => {
        const written = field('From', mailbox(name, 'a.b@example.com'));
        assertFolded(written);
        const { from } = await read(written);
        expect(from?.address).toBe('a.b@example.com');
        expect(marked(from?.name)).toBe(marked(shown(name).replaceAll('=?', '= ?')));
      }),
      { numRuns: 3_000, seed: 20_261_120 },
    );
  });

  it.each([
    ['Gatepost', 'Gatepost <a@b.c>'],
    ["Ada's Shop 24", "Ada's Shop 24 <a@b.c>"],
    ['Acme, Inc.', '"Acme, Inc." <a@b.c>'],
    ['a "b" \\c', String.raw`"a \"b\" \\c" <a@b.c>`],
    ['Ünal', '=?UTF-8?B?w5xuYWw=?= <a@b.c>'],
    ['Shop by Café & Co', '=?UTF-8?Q?Shop_by_Caf=C3=A9_=26_Co?= <a@b.c>'],
    ['漢字', '=?UTF-8?B?5ryi5a2X?= <a@b.c>'],
    ['=?utf-8?q?x?=', '"= ?utf-8?q?x?=" <a@b.c>'],
    ['', 'a@b.c'],
  ])('writes the name %j as %s', (name, body) => {
    expect(mailbox(name, 'a@b.c')).toBe(body);
  });

  it('puts a domain literal between brackets', () => {
    expect(mailbox('', 'a@[127.0.0.1]')).toBe('<a@[127.0.0.1]>');
  });

  it('encodes what looks like an encoded word: B19', () => {
    expect(unstructured('=?utf-8?q?=0D=0ABcc:_e@e.com?=')).toBe(
      '=?UTF-8?Q?=3D=3Futf-8=3Fq=3F=3D0D=3D0ABcc=3A=5Fe=40e=2Ecom?= =?UTF-8?Q?=3F=3D?=',
    );
  });

  it('gives a long address a line of its own', () => {
    const address = `${'x'.repeat(64)}@example.com`;
    expect(field('Reply-To', mailbox('', address))).toBe(`Reply-To:\r\n ${address}\r\n`);
  });
});
