import { editDistance, nearest } from './spelling.js';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['SMTP_PORT', 'SMTP_PORT', 0],
    ['SMTP_PROT', 'SMTP_PORT', 1],
    ['SMTP_HOTS', 'SMTP_HOST', 1],
    ['SMTP_HOS', 'SMTP_HOST', 1],
    ['kitten', 'sitting', 3],
  ])('from %j to %j is %d, in both directions', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  it('is the closest within the limit, the first of equals', () => {
    expect(nearest('warning', ['info', 'warn', 'error'], 3)).toBe('warn');
    expect(nearest('aa', ['ab', 'ba'], 1)).toBe('ab');
    expect(nearest('verbose', ['info', 'warn', 'error'], 3)).toBeUndefined();
  });
});
