import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { quotedPrintable, quotedPrintableBound } from './quoted-printable.js';

function encode(text: string): string {
  const source = Buffer.from(text);
  const target = Buffer.alloc(quotedPrintableBound(source.length) + 3);
  // not at its start, as in a message
  const end = quotedPrintable(source, source.length, target, 3);
  expect(end).toBeLessThanOrEqual(target.length);
  return target.toString('latin1', 3, end);
}

const line = fc
  .oneof(
    fc.string({
      unit: fc.constantFrom('=', ' ', '\t', 'a', 'é', '🙂', '.', '3', 'D'),
      maxLength: 300,
    }),
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.constantFrom(
      '.',
      '..',
      'From Ada',
      'From',
      '.From x',
      `${' '.repeat(75)}.`,
      '\t'.repeat(90),
    ),
    fc.string({ unit: fc.constantFrom('=', 'x'), minLength: 70, maxLength: 160 }),
  )
  .map((text) => text.toWellFormed().replace(/[\r\n]/g, ''));

const lineEnds = fc.constantFrom('\r\n', '\n', '\r');

/** As a mail reader, which gives lines that end in LF, and one at the end. */
async function read(encoded: string): Promise<string | undefined> {
  const { text } = await PostalMime.parse(
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${encoded}`,
  );
  return text?.replace(/\n$/, '');
}

const unquoted = (line: string): string =>
  line.replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(Number.parseInt(hex, 16)));

describe('quoted-printable', () => {
  it('is read as what it was made of, in lines of 76 octets of printable ASCII', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), lineEnds, async (some, lineEnd) => {
        const lines = [...some, 'the last'];
        const text = lines.join(lineEnd);
        const encoded = encode(text);
        expect(await read(encoded)).toBe(lines.join('\n'));
        for (const one of encoded.split('\r\n')) {
          expect(one).toMatch(/^[\t\x20-\x7e]{0,76}$/);
          expect(one).not.toMatch(/[\t ]$|^\.|^From /);
        }
      }),
      { numRuns: 3_000, seed: 20_261_120 },
    );
  });

  it('keeps the octets of a character on one line', () => {
    for (let length = 60; length < 80; length += 1)
      for (const one of encode('x'.repeat(length) + '€🙂é'.repeat(20)).split('=\r\n'))
        expect(Buffer.from(unquoted(one), 'latin1').toString()).not.toContain('\ufffd');
  });

  it('never cuts an encoded octet in two', () => {
    for (let length = 60; length < 160; length += 1) {
      const text = 'x'.repeat(length) + '='.repeat(20);
      const lines = encode(text).split('=\r\n');
      expect(lines.join('')).toBe('x'.repeat(length) + '=3D'.repeat(20));
      for (const one of lines) expect(one).toMatch(/^x*(=3D)*$/);
    }
  });
});
