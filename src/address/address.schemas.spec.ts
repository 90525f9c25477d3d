import { z } from 'zod';
import { emailAddressSchema, localeSchema, personNameSchema } from './address.schemas.js';

const name = (input: unknown) => personNameSchema.safeParse(input);

describe('emailAddressSchema', () => {
  test('gives the canonical address', () => {
    expect(emailAddressSchema.parse('ADA@Bücher.de')).toBe('ada@xn--bcher-kva.de');
  });

  test('says what is wrong and what to write, without quoting the input', () => {
    const { error } = emailAddressSchema.safeParse('evil@x.org,b@y.org');
    expect(error?.issues).toHaveLength(1);
    expect(error?.issues[0]?.message).toBe(
      'The address has more than one @. Write one, like ada@example.com.',
    );
  });

  test.each([[['v@x.org', 'e@e.org']], [{ address: 'v@x.org' }], [null], [1], [undefined]])(
    'refuses %j',
    (input) => {
      expect(emailAddressSchema.safeParse(input).success).toBe(false);
    },
  );

  test('refuses ten thousand nested arrays without overflowing the stack', () => {
    let nested: unknown = 'a@x.org';
    for (let depth = 0; depth < 10_000; depth++) nested = [nested];
    expect(emailAddressSchema.safeParse(nested).success).toBe(false);
  });

  test.each(['input', 'output'] as const)('is an e-mail string in OpenAPI (%s)', (io) => {
    const body = z.object({ email: emailAddressSchema, name: personNameSchema.optional() });
    const schema = z.toJSONSchema(body, { io });
    expect(schema).toMatchObject({
      properties: {
        email: { type: 'string', format: 'email', maxLength: 254 },
        name: { type: 'string', maxLength: 100 },
      },
      required: ['email'],
    });
  });
});

describe('personNameSchema', () => {
  test.each([
    ['trimmed', '  Ada Lovelace \n', 'Ada Lovelace'],
    ['composed', 'Jose\u0301', 'José'],
    ['right to left', 'שלום עדה', 'שלום עדה'],
    ['Persian with its joiner', 'می\u200cخواهم', 'می\u200cخواهم'],
    ['emoji family', '👩\u200d👩\u200d👧', '👩\u200d👩\u200d👧'],
    ['markup stays text', '<img src=x onerror=alert(1)>', '<img src=x onerror=alert(1)>'],
    ['braces stay text', '{{code}} {{{{raw}}}}', '{{code}} {{{{raw}}}}'],
    ['encoded word stays text', '=?utf-8?q?=0D=0ABcc:_e@e?=', '=?utf-8?q?=0D=0ABcc:_e@e?='],
    ['vertical tab', 'Ada\vLovelace', 'Ada Lovelace'],
    ['form feed', 'Ada\fLovelace', 'Ada Lovelace'],
    ['next line', 'Ada\u0085Lovelace', 'Ada Lovelace'],
    ['line separator', 'Ada\u2028Lovelace', 'Ada Lovelace'],
    ['paragraph separators', 'Ada\u2029\u2029Lovelace', 'Ada Lovelace'],
    ['100 letters', 'a'.repeat(100), 'a'.repeat(100)],
    ['100 letters outside the BMP', '𝒜'.repeat(100), '𝒜'.repeat(100)],
    ['100 letters that are 200 before NFC', 'e\u0301'.repeat(100), 'é'.repeat(100)],
  ])('accepts: %s', (_, input, expected) => {
    expect(name(input)).toMatchObject({ success: true, data: expected });
  });

  test.each([
    ['empty', ''],
    ['blank', '  \t '],
    ['invisible', '\u200b\u2060\u200d'],
    ['101 letters', 'a'.repeat(101)],
    ['ten thousand accents', `a${'\u0300'.repeat(10_000)}`],
    ['a megabyte', 'a'.repeat(1 << 20)],
    ['CRLF and a header', 'x\r\nBcc: evil@e.com'],
    ['LF', 'x\ny'],
    ['CR', 'x\ry'],
    ['tab', 'x\ty'],
    ['NUL', 'x\0y'],
    ['ESC', 'x\u001b[2Jy'],
    ['DEL', 'x\u007fy'],
    ['C1', 'x\u009by'],
    ['lone high surrogate', 'x\ud800y'],
    ['lone low surrogate', 'x\udc00'],
    ['right-to-left override', 'x\u202egpj.exe'],
    ['embedding', 'x\u202by'],
    ['isolate', 'x\u2067y'],
    ['a list', ['Ada']],
    ['a number', 1],
  ])('refuses: %s', (_, input) => {
    expect(name(input).success).toBe(false);
  });
});

describe('localeSchema', () => {
  test.each([
    ['en', 'en'],
    ['EN-us', 'en-US'],
    ['zh-hans-cn', 'zh-Hans-CN'],
    ['iw', 'he'],
    ['tlh', 'tlh'],
    ['ar', 'ar'],
  ])('%s → %s', (input, expected) => {
    expect(localeSchema.parse(input)).toBe(expected);
  });

  test.each([
    '',
    '../../etc/passwd',
    'en_US',
    'en\r\nX: y',
    'en,de',
    'e',
    'en-',
    '__proto__',
    `en-x-${'a'.repeat(40)}`,
    'x'.repeat(1 << 20),
  ])('refuses %j', (input) => {
    expect(localeSchema.safeParse(input).success).toBe(false);
  });
});
