import { isLinkToken, makeCode, makeLinkToken, normalizeCode } from './secret.js';

describe('secrets', () => {
  it('D44: makes codes of six digits, each digit as often as the next', () => {
    const counts = Array.from({ length: 10 }, () => 0);
    const codes = Array.from({ length: 100_000 }, makeCode);
    for (const code of codes) {
      expect(code).toMatch(/^\d{6}$/);
      for (const digit of code) counts[Number(digit)]! += 1;
    }
    // Chi-square with 9 degrees of freedom: 45 is exceeded once in a million runs.
    const chiSquare = counts.reduce((sum, count) => sum + (count - 60_000) ** 2 / 60_000, 0);
    expect(chiSquare).toBeLessThan(45);
    expect(codes.some((code) => code.startsWith('0'))).toBe(true);
  });

  it('D44: never makes the same link twice', () => {
    const tokens = new Set(Array.from({ length: 100_000 }, makeLinkToken));
    expect(tokens.size).toBe(100_000);
    expect([...tokens].every(isLinkToken)).toBe(true);
  });

  it.each([
    ['004217', '004217'],
    ['123 456', '123456'],
    ['123-456', '123456'],
    [' 123456\n', '123456'],
    ['１２３４５６', '123456'],
  ])('D15: reads %j as %s', (input, code) => expect(normalizeCode(input)).toBe(code));

  it.each(['', ' ', '4217', '1234567', '12345a', '٠٠٤٢١٧', '1e5000', '+12345', 'null'])(
    'D15: takes %j for no code',
    (input) => expect(normalizeCode(input)).toBeUndefined(),
  );
});
