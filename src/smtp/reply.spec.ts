import fc from 'fast-check';
import { MalformedReply, parseReply, type Reply, ReplyParser } from './reply.js';

function read(...chunks: (string | Buffer)[]): Reply[] {
  const parser = new ReplyParser();
  const replies: Reply[] = [];
  for (const chunk of chunks) {
    parser.push(Buffer.from(chunk as string));
    for (let reply = parser.next(); reply; reply = parser.next()) replies.push(reply);
  }
  return replies;
}

describe('what is a reply', () => {
  it.each<[string, number, string | undefined, string[]]>([
    ['250 ok\r\n', 250, undefined, ['ok']],
    ['250\r\n', 250, undefined, ['']],
    ['250 \r\n', 250, undefined, ['']],
    ['299 odd but good\r\n', 299, undefined, ['odd but good']],
    ['250 lone line feed\n', 250, undefined, ['lone line feed']],
    ['550 5.1.1 no such user\r\n', 550, '5.1.1', ['5.1.1 no such user']],
    ['550 5.1.1\r\n', 550, '5.1.1', ['5.1.1']],
    ['250-a\r\n250-b\r\n250 c\r\n', 250, undefined, ['a', 'b', 'c']],
    ['550-5.7.1 a\r\n550 5.7.1 b\r\n', 550, '5.7.1', ['5.7.1 a', '5.7.1 b']],
    ['250 Grüße\r\n', 250, undefined, ['Grüße']],
  ])('%j', (octets, code, enhancedCode, lines) => {
    expect(read(octets)).toEqual([{ code, enhancedCode, lines }]);
  });

  it('takes no enhanced code of another class than its own, nor a version number', () => {
    expect(read('550 2.1.5 ok\r\n')[0]?.enhancedCode).toBeUndefined();
    expect(read('250 5.1.1234 x\r\n')[0]?.enhancedCode).toBeUndefined();
    expect(read('550 5.1.1.2 x\r\n')[0]?.enhancedCode).toBeUndefined();
  });

  it('keeps octets that are not UTF-8', () => {
    expect(read(Buffer.from('250 caf\xe9\r\n', 'latin1'))[0]?.lines).toEqual(['café']);
  });

  it('reads one after the other from one segment', () => {
    expect(read('250 a\r\n550-b\r\n550 c\r\n354 d\r\n').map(({ code }) => code)).toEqual([
      250, 550, 354,
    ]);
  });
});

describe('what is none', () => {
  it.each([
    ['text without a code', 'hello\r\n'],
    ['an empty line', '\r\n'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n'],
    ['two digits', '25 ok\r\n'],
    ['four digits', '2500 ok\r\n'],
    ['a class that does not exist', '150 ok\r\n'],
    ['another', '650 ok\r\n'],
    ['no space after the code', '250ok\r\n'],
    ['a code that changes', '250-a\r\n550 b\r\n'],
    ['a continuation without code', '250-a\r\nb\r\n'],
    ['TLS', Buffer.from([0x16, 0x03, 0x01, 0x0a])],
  ])('%s', (_name, octets) => {
    expect(() => read(octets)).toThrow(MalformedReply);
  });

  it.each([
    ['a line', (octets: number) => 'a'.repeat(octets)],
    ['a reply of many lines', (octets: number) => '250-and so on\r\n'.repeat(octets / 15)],
  ])('%s without an end', (_name, make) => {
    expect(read(`250-${make(60_000)}`)).toEqual([]);
    expect(() => read(`250-${make(70_000)}`)).toThrow(MalformedReply);
    expect(() => read('250-', make(60_000), make(60_000))).toThrow(MalformedReply);
  });

  it('hands out what came whole before it', () => {
    const parser = new ReplyParser();
    parser.push(Buffer.from('250 ok\r\nrubbish\r\n'));
    expect(parser.next()?.code).toBe(250);
    expect(() => parser.next()).toThrow(MalformedReply);
  });

  it.each(['', '2', '250', '250 ok', '250 ok\r', '250-ok\r\n', '250-ok\r\n250'])(
    'is not complete yet: %j',
    (octets) => {
      const parser = new ReplyParser();
      parser.push(Buffer.from(octets));
      expect(parser.next()).toBeUndefined();
      expect(parser.unfinished.trim() === '').toBe(octets.trim() === '');
    },
  );
});

it('reads the same whatever the pieces', () => {
  const text = fc.string({ unit: 'binary', maxLength: 80 }).map((s) => s.replace(/[\r\n]/g, ''));
  const reply = fc.record({
    code: fc.integer({ min: 200, max: 599 }),
    lines: fc.array(text, { minLength: 1, maxLength: 5 }),
  });
  const cuts = fc.array(fc.nat(), { maxLength: 20 });
  fc.assert(
    fc.property(fc.array(reply, { maxLength: 4 }), cuts, (replies, cutAt) => {
      const octets = Buffer.from(
        replies
          .flatMap(({ code, lines }) =>
            lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}\r\n`),
          )
          .join(''),
      );
      const borders = [0, ...cutAt.map((cut) => cut % (octets.length + 1)), octets.length];
      borders.sort((a, b) => a - b);
      const pieces = borders.slice(1).map((to, at) => octets.subarray(borders[at], to));
      expect(read(...pieces)).toEqual(read(octets));
      expect(read(...pieces).map(({ code, lines }) => ({ code, lines }))).toEqual(replies);
    }),
    { numRuns: 500 },
  );
});

it('reads a dripped long line in linear time', () => {
  const parser = new ReplyParser();
  const began = performance.now();
  for (let at = 0; at < 60_000; at += 1) {
    parser.push(Buffer.from('a'));
    parser.next();
  }
  expect(performance.now() - began).toBeLessThan(2_000);
});

it('parseReply reads one whole reply', () => {
  expect(parseReply('535-5.7.8 no\n535 5.7.8 really')).toEqual({
    code: 535,
    enhancedCode: '5.7.8',
    lines: ['5.7.8 no', '5.7.8 really'],
  });
  expect(parseReply('HTTP/1.1 400')).toBeUndefined();
});
