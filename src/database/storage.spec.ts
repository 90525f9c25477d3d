import { levelOf, LOW, MARGIN, SPENT, type StorageLevel } from './storage.js';

const levels = (...free: number[]) => {
  const seen: StorageLevel[] = [];
  for (const octets of free) seen.push(levelOf(octets, seen.at(-1) ?? 'enough'));
  return seen;
};

describe('A35: the room on the disk', () => {
  it('is low below the first floor and spent below the second', () => {
    expect(levels(LOW, LOW - 1, SPENT, SPENT - 1, 0)).toEqual([
      'enough',
      'low',
      'low',
      'spent',
      'spent',
    ]);
  });

  it('comes back a margin above the floor at which it went', () => {
    expect(levels(0, SPENT + MARGIN - 1, SPENT + MARGIN, LOW + MARGIN - 1, LOW + MARGIN)).toEqual([
      'spent',
      'spent',
      'low',
      'low',
      'enough',
    ]);
  });

  it('may go from one end to the other at once', () => {
    expect(levels(0, LOW + MARGIN, 0)).toEqual(['spent', 'enough', 'spent']);
  });
});
