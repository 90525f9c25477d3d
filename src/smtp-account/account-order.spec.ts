import { comparePlaces, defaultOf, type Place } from './account-order.js';

const a = { id: 'a', enabled: true };
const b = { id: 'b', enabled: true };
const off = { id: 'off', enabled: false };

describe('the account that is asked first', () => {
  it.each([
    ['the chosen one', [a, b], 'b', true, 'b'],
    ['not a chosen one that is disabled', [a, off], 'off', true, 'environment'],
    ['else that of the environment', [a, b], undefined, true, 'environment'],
    ['else the first that is enabled', [off, a, b], undefined, false, 'a'],
    ['none where there is none', [off], undefined, false, undefined],
  ])('is %s', (_what, inDatabase, chosen, hasEnvironment, expected) => {
    expect(defaultOf(inDatabase, chosen, hasEnvironment)).toBe(expected);
  });
});

it('places are told apart by rank, then priority as a number, then age, then id', () => {
  const places: Place[] = [
    [0, 900, '2026-01-02', 'x'],
    [1, 0, '', 'environment'],
    [2, 9, '2026-01-02', 'x'],
    [2, 10, '2026-01-01', 'y'],
    [2, 10, '2026-01-02', 'a'],
    [2, 10, '2026-01-02', 'b'],
  ];
  expect(places.toReversed().toSorted(comparePlaces)).toEqual(places);
  expect(comparePlaces(places[0]!, places[0]!)).toBe(0);
});
