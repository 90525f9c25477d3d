import { shownValue } from './masked-value.js';

describe('shownValue', () => {
  it.each([
    ['587', '587'],
    [' 587\r', '" 587\\r"'],
    ['a\u200bb', '"a\\u{200b}b"'],
    ['a\u001b[31mb', '"a\\u001b[31mb"'],
    ['Acme\nSMTP_PASSWORD=Sesame', 'Acme…'],
    ['x'.repeat(101), `${'x'.repeat(100)}…`],
    ['https://ada:Sesame@acme.io', 'https://********'],
    ['https://acme.io/gate', 'https://acme.io/gate'],
  ])('shows %j as %s', (text, shown) => {
    expect(shownValue(text, false)).toBe(shown);
  });

  it.each([
    ['Sesame', '******** (6 characters)'],
    ['S', '******** (1 character)'],
    [' Sesame\n', '******** (8 characters, begins with white space, ends in white space)'],
    ['smtp://ada:Se#same@host', 'smtp://******** (23 characters)'],
  ])('shows the secret %j as %s', (text, shown) => {
    expect(shownValue(text, true)).toBe(shown);
  });
});
