import fc from 'fast-check';
import { toWire } from './wire-format.js';

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
