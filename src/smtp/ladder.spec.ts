import type { Rung } from '#mailer-config';
import { parseCapabilities } from './capabilities.js';
import { Ladder } from './ladder.js';

const offering = (...keywords: string[]) =>
  parseCapabilities(['250-sink.test', ...keywords.map((word) => `250-${word}`)].join('\n'));
const everything = offering('PIPELINING', 'CHUNKING');
const HOUR = 3_600_000;

it.each<[Rung, string[]]>([
  ['chunking', ['PIPELINING', 'CHUNKING']],
  ['pipelining', ['PIPELINING']],
  ['in-turn', []],
  // BDAT without PIPELINING saves no round trip
  ['in-turn', ['CHUNKING']],
])('begins on the highest rung that the server offers: %s', (rung, keywords) => {
  expect(new Ladder('chunking').rungFor(offering(...keywords), 0)).toBe(rung);
});

it('is never above the one that the operator pinned', () => {
  expect(new Ladder('pipelining').rungFor(everything, 0)).toBe('pipelining');
  expect(new Ladder('grouped').rungFor(everything, 0)).toBe('grouped');
  expect(new Ladder('in-turn').rungFor(everything, 0)).toBe('in-turn');
  expect(new Ladder('grouped').rungFor(offering(), 0)).toBe('in-turn');
});

it('goes down at once where the server is in disorder, to the last rung and no further', () => {
  const ladder = new Ladder('chunking');
  expect(ladder.blame('chunking', 'disorder', 0)).toBe('pipelining');
  expect(ladder.rungFor(everything, 0)).toBe('pipelining');
  expect(ladder.blame('pipelining', 'disorder', 0)).toBe('grouped');
  expect(ladder.blame('grouped', 'disorder', 0)).toBe('in-turn');
  expect(ladder.blame('in-turn', 'disorder', 0)).toBeUndefined();
  expect(ladder.rungFor(everything, 0)).toBe('in-turn');
});

it('goes down at the second doubt, unless a hundred mails in a row speak against it', () => {
  const ladder = new Ladder('chunking');
  expect(ladder.blame('chunking', 'doubt', 0)).toBeUndefined();
  for (let mails = 0; mails < 100; mails += 1) ladder.worked();
  expect(ladder.blame('chunking', 'doubt', 0)).toBeUndefined();
  for (let mails = 0; mails < 99; mails += 1) ladder.worked();
  expect(ladder.blame('chunking', 'doubt', 0)).toBe('pipelining');
});

it('is not lowered twice for what happened on the same rung', () => {
  const ladder = new Ladder('chunking');
  ladder.blame('chunking', 'disorder', 0);
  expect(ladder.blame('chunking', 'disorder', 0)).toBeUndefined();
  expect(ladder.rungFor(everything, 0)).toBe('pipelining');
});

it('tries the next rung up after an hour, one at a time', () => {
  const ladder = new Ladder('chunking');
  ladder.blame('chunking', 'disorder', 0);
  ladder.blame('pipelining', 'disorder', 0);
  expect(ladder.rungFor(everything, HOUR)).toBe('grouped');
  expect(ladder.rungFor(everything, HOUR + 1)).toBe('pipelining');
  expect(ladder.rungFor(everything, HOUR + 2)).toBe('pipelining');
  expect(ladder.rungFor(everything, 2 * HOUR + 2)).toBe('chunking');
});
