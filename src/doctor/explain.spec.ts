import { causeCodes } from './causes.js';
import { explain } from './explain.js';

describe('doctor explain', () => {
  it('says what a cause means, what to do, and where to read on', () => {
    expect(explain('starttls-required').text).toBe(`STARTTLS_REQUIRED

  The server answers “530 Must issue a STARTTLS command first” or its like: it
  takes neither a sign-in nor mail in clear text. The settings told the client
  to do without TLS. Write SMTP_OPPORTUNISTIC_TLS=true.

  class: TLS (exit code 4); it stays until something changes
  settings: SMTP_OPPORTUNISTIC_TLS, SMTP_TLS
  see: https://www.rfc-editor.org/rfc/rfc3207
  see: https://www.rfc-editor.org/rfc/rfc4954#section-6`);
  });

  it('numbers the steps, and says what passes by itself', () => {
    expect(explain('GREYLISTED').text).toContain('\n  1. The mail is tried again by itself.\n');
    expect(explain('GREYLISTED').text).toContain('(exit code 8); it may pass by itself: wait');
  });

  it.each(causeCodes)('%s fits into 80 columns', (code) => {
    const { found, text } = explain(code);
    expect(found).toBe(true);
    for (const line of text.split('\n'))
      if (!line.includes('https://')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it.each([
    ['TLS_MODE_IMPLICT_ON_PLAIN', 'TLS_MODE_IMPLICIT_ON_PLAIN'],
    ['certexpired', 'CERT_EXPIRED'],
    ['DNS_NXDOMIAN', 'DNS_NXDOMAIN'],
  ])('%s is taken for %s', (text, meant) => {
    const answer = explain(text);
    expect(answer.found).toBe(false);
    expect(answer.text).toContain(`Did you mean ${meant}?\nWrite: doctor explain ${meant}`);
  });

  it.each(['', 'hello world', 'constructor', '\u001b[31m', 'X'.repeat(500)])(
    '%j is no code, and is told where codes stand',
    (text) => {
      const answer = explain(text);
      expect(answer.found).toBe(false);
      expect(answer.text).toContain('Codes stand in brackets');
      expect(answer.text).not.toMatch(/[^\P{Cc}\n]|X{100}/u);
    },
  );
});
