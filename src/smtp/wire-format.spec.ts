import fc from 'fast-check';
import { assertFitForTheWire, survey, toWire } from './wire-format.js';

it.each([
  ['a\r\n', 'a\r\n'],
  ['a', 'a\r\n'],
  ['.\r\n', '..\r\n'],
  ['a\r\n.\r\nb\r\n', 'a\r\n..\r\nb\r\n'],
  ['..a\r\n..b\r\n', '...a\r\n...b\r\n'],
  ['a.\r\n b.c\r\n', 'a.\r\n b.c\r\n'],
  ['\r\n\r\n.\r\n.\r\n', '\r\n\r\n..\r\n..\r\n'],
  ['a\r\n.', 'a\r\n..\r\n'],
])('%j goes out as %j', (raw, wire) => {
  expect(toWire(Buffer.from(raw)).toString()).toBe(wire);
});

it('never ends before its end, and undoes to what it was', () => {
  const line = fc.stringMatching(/^[.a ]{0,4}$/);
  fc.assert(
    fc.property(fc.array(line, { minLength: 1 }), (lines) => {
      const raw = `${lines.join('\r\n')}\r\n`;
      const wire = toWire(Buffer.from(raw)).toString();
      expect(`\r\n${wire}`).not.toContain('\r\n.\r\n');
      expect(wire.replace(/^\./gm, '')).toBe(raw);
    }),
  );
});

describe('the survey of octets', () => {
  const piece = fc.oneof(
    fc.constantFrom('\r\n', '\r', '\n', ' \r\n', '\t\r\n', '\0', '\t', '\x7f', '\x80', '\xff', ' '),
    fc.string({ maxLength: 30 }),
    fc.integer({ min: 1, max: 1_100 }).map((length) => 'x'.repeat(length)),
  );
  const anything = fc.array(piece, { maxLength: 12 }).map((pieces) => pieces.join(''));

  it('sees what a look at each octet sees, wherever they are in their buffer', () => {
    fc.assert(
      fc.property(anything, fc.nat({ max: 17 }), fc.nat({ max: 17 }), (text, before, after) => {
        // what is around them is none of theirs
        const around = '\r\0\xff\n'.repeat(5);
        const octets = Buffer.from(
          around.slice(0, before) + text + around.slice(0, after),
          'latin1',
        );
        const strayBreak = /\r(?!\n)|(?<!\r)\n/.test(text);
        const { longestLine, ...rest } = survey(octets, before, before + text.length);
        // where lines begin and end is a matter of opinion then
        if (!strayBreak)
          expect(longestLine).toBe(Math.max(...text.split('\r\n').map(({ length }) => length)));
        expect(rest).toEqual({
          strayBreak,
          nul: text.includes('\0'),
          // eslint-disable-next-line no-control-regex
          controls: /[^\t\r\n\x20-\xff]/.test(text),
          trailingSpace: /[ \t]\r/.test(text),
          eightBit: /[\x80-\xff]/.test(text),
        });
      }),
      { numRuns: 3_000, seed: 20_261_120 },
    );
  });

  it.each([
    ['a NUL', 'a\0\r\n'],
    ['eight bits', 'a\x80\r\n'],
    ['a CR alone', 'a\rb\r\n'],
    ['an LF alone', 'a\nb\r\n'],
    ['a CR at the end', 'a\r\nb\r'],
    ['a line of 999 octets', `${'x'.repeat(999)}\r\n`],
    ['one at the end', `a\r\n${'x'.repeat(999)}`],
  ])('lets nothing go out with %s', (_name, text) => {
    expect(() => assertFitForTheWire(Buffer.from(text, 'latin1'), false)).toThrow();
  });

  it('lets eight bits out where they are allowed, and lines of 998 octets', () => {
    assertFitForTheWire(Buffer.from(`${'é'.repeat(499)}\r\n`), true);
    assertFitForTheWire(Buffer.from(`${'x'.repeat(998)}\r\n\r\n`), false);
  });
});
