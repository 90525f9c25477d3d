import { passwordFault } from './password-policy.js';

const context = { minLength: 15, email: 'ada.lovelace@example.com', appName: 'Gatepost' };
const fault = (password: string, minLength = 15) =>
  passwordFault(password, { ...context, minLength });

describe('D36: a new password', () => {
  it.each([
    'a few unrelated words',
    '  leading and trailing  ',
    'nur kleine buchstaben',
    '012345678901234x!?=&%',
    'gatepost und drei wörter',
    'ｆｕｌｌｗｉｄｔｈ　ｌｅｔｔｅｒｓ',
    'пароль из нескольких слов',
    '🐎🔋📎✅🐎🔋📎✅🐎🔋📎✅🐎🔋📎',
    'x1'.repeat(32) + 'and a long tail that is not repeated',
    `${'long '.repeat(50)}enough`,
  ])('may be %j', (password) => expect(fault(password)).toBeUndefined());

  it.each([
    ['fourteen chars', /^Use at least 15 characters/],
    ['🐎'.repeat(14), /^Use at least 15 characters/],
    [`${'a b'.repeat(85)}cd`, /^Use at most 256 characters/],
    ['with a\nline break in it', /^Use characters that can be typed/],
    ['with a \u0000 in the middle', /^Use characters that can be typed/],
    ['half a pair: \ud83d and so on', /^Use characters that can be typed/],
    ['aaaaaaaaaaaaaaaaaaaa', /repeats or follows a pattern/],
    ['abcabcabcabcabcabc', /repeats or follows a pattern/],
    ['1234123412341234', /repeats or follows a pattern/],
    ['123456789012345', /repeats or follows a pattern/],
    ['543210987654321', /repeats or follows a pattern/],
    ['abcdefghijklmnopq', /repeats or follows a pattern/],
    ['qwertyuiopasdfghjkl', /repeats or follows a pattern/],
    ['passwordpassword', /made of common words/],
    ['Password12345678!', /made of common words/],
    ['ada.lovelace@example.com', /made of common words/],
    ['Ada.Lovelace2026', /made of common words/],
    ['GatepostGatepost1', /made of common words/],
  ])('may not be %j', (password, message) => expect(fault(password)).toMatch(message));

  it('counts what is left after NFKC', () => {
    // One character that NFKC writes as eighteen.
    expect(fault('\ufdfa')).toBeUndefined();
    // Letters with their accents apart are as many as people see.
    expect(fault('e\u0301'.repeat(7) + 'a')).toMatch(/^Use at least 15/);
  });

  it('may be shorter where the operator says so', () => {
    expect(fault('ab cd ef', 8)).toBeUndefined();
    expect(fault('ab cd e', 8)).toMatch(/^Use at least 8 characters/);
  });
});
