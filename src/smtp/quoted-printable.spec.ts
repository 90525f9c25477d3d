import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { quotedPrintable } from './quoted-printable.js';

const line = fc
  .oneof(
    fc.string({
      unit: fc.constantFrom('=', ' ', '\t', 'a', 'é', '🙂', '.', '3', 'D'),
      maxLength: 300,
    }),
    fc.string({ unit: 'grapheme', maxLength: 120 }),
    fc.string({ unit: fc.constantFrom('=', 'x'), minLength: 70, maxLength: 160 }),
  )
  .map((text) => text.toWellFormed().replace(/[\r\n]/g, ''));

/** As a mail reader, which gives lines that end in LF, and one at the end. */
async function read(encoded: string): Promise<string | undefined> {
  const { text } = await PostalMime.parse(
    `Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n${encoded}`,
  );
  return text?.replace(/\n$/, '');
}

describe('quoted-printable', () => {
  it('is read as what it was made of, in lines of 76 octets of printable ASCII', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 8 }), async (some) => {
        const lines = [...some, 'the last'];
        const text = lines.join('\r\n');
        const encoded = quotedPrintable(text);
        expect(await read(encoded)).toBe(lines.join('\n'));
        for (const one of encoded.split('\r\n')) {
          expect(one).toMatch(/^[\t\x20-\x7e]{0,76}$/);
          expect(one).not.toMatch(/[\t ]$/);
        }
      }),
      { numRuns: 3_000, seed: 20_261_120 },
    );
  });

  it('never cuts an encoded octet in two', () => {
    for (let length = 60; length < 160; length += 1) {
      const text = 'x'.repeat(length) + '='.repeat(20);
      const lines = quotedPrintable(text).split('=\r\n');
      expect(lines.join('')).toBe('x'.repeat(length) + '=3D'.repeat(20));
      for (const one of lines) expect(one).toMatch(/^x*(=3D)*$/);
    }
  });
});
