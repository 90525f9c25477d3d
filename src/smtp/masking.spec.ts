import fc from 'fast-check';
import { escapeControls, maskCredentials, presentable } from './masking.js';

const account = { username: 'robot@example.com', password: 'correct horse+battery' };
const base64 = (text: string): string => Buffer.from(text).toString('base64');

it.each([
  ['in clear', '535 user robot@example.com pass correct horse+battery'],
  ['as in AUTH PLAIN', `535 bad: ${base64('\0robot@example.com\0correct horse+battery')}`],
  ['as in AUTH LOGIN', `535 bad: ${base64('correct horse+battery')}`],
  ['percent-encoded', `535 see https://x/?p=${encodeURIComponent('correct horse+battery')}`],
  ['twice', '535 correct horse+battery, correct horse+battery'],
])('takes the password out, %s', (_name, text) => {
  const masked = maskCredentials(text, account);
  expect(masked).toContain('***');
  expect(masked).not.toContain('correct');
  expect(masked).not.toContain(base64('correct horse+battery').slice(0, 12));
  expect(masked).not.toContain(base64('\0robot@example.com\0correct horse+battery'));
});

it('takes the answer to CRAM-MD5 out', () => {
  const answer = base64('robot@example.com 9e95aee09c40af2b84a0c2b3bbae786e');
  expect(maskCredentials(`535 ${answer}`, account)).toBe('535 ***');
});

it('leaves the rest as it is', () => {
  const text = '550 5.7.60 robot@example.com may not send as noreply@example.com';
  expect(maskCredentials(text, account)).toBe(text);
  expect(maskCredentials(text, { username: undefined, password: undefined })).toBe(text);
});

it('escapes what could forge a line or a colour', () => {
  expect(escapeControls('550 a\r\nS: 250\u001b[31m\u0000\u0085\u2028\u202e\ud800b')).toBe(
    '550 a\\u{d}\\u{a}S: 250\\u{1b}[31m\\u{0}\\u{85}\\u{2028}\\u{202e}\\u{d800}b',
  );
});

it('never exceeds its room, breaks no character, shows no password', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'grapheme', maxLength: 300 }),
      fc.integer({ min: 8, max: 200 }),
      (text, room) => {
        const shown = presentable(`${text}${account.password}${text}`, account, room);
        expect(Buffer.byteLength(shown)).toBeLessThanOrEqual(room);
        expect(shown.isWellFormed()).toBe(true);
        expect(shown).not.toContain(account.password);
      },
    ),
  );
});
