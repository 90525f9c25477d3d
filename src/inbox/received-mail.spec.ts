import { findCode, findLinks, readMail } from './received-mail.js';

const envelope = { from: 'bounce@gatepost.test', to: ['ada@example.com'] };

/**
 * Milliseconds of this thread's processor time: other tests may keep the machine busy, and the rest
 * of this process is busy with what they left. A tenth of a second is usual; what grows with the
 * square of a megabyte takes minutes.
 */
const KEPT_BUSY = 3_000;

const read = (...lines: string[]) => readMail(Buffer.from(lines.join('\r\n')), envelope);

describe('the code of a mail', () => {
  it.each([
    ['on a line of its own', 'Your code', 'Hello 111222,\n\n  493817\n\nIt lives 10 minutes.'],
    ['with a gap in the middle', '', '493 817'],
    ['with a no-break space', '', 'Hi\n493\u00a0817\n'],
    ['in the subject', '493 817 is your Acme code', 'Hello'],
    ['in a sentence about a code', '', 'Enter the code 493817 within 10 minutes.'],
    ['beside an address with digits', '', 'Code for 123456@example.com: 493817'],
    ['beside a link with digits', '', 'https://x.test/123456 or the code 493817.'],
  ])('is found %s', (_where, subject, text) => {
    expect(findCode(subject, text)).toBe('493817');
  });

  it.each([
    ['an address', 'Code', 'Sent to ada-123456@example.com by https://x.test/?code=123456'],
    ['a longer number', 'Code 1234567', 'Your code 12345678'],
    ['part of a word', 'Code', 'The code is a123456 or 123456b'],
    ['a decimal', 'Code', 'It costs 123456.78, no code'],
    ['a number in a mail about something else', '', 'We have 123456 users.'],
  ])('is not %s', (_what, subject, text) => {
    expect(findCode(subject, text)).toBeNull();
  });

  it('is found in a mail that has only HTML', async () => {
    const { code } = await read(
      'Content-Type: text/html',
      '',
      '<style>a{color:#123456}</style><p>Your code</p><table><tr><td>493&nbsp;817</td></tr></table>',
    );
    expect(code).toBe('493817');
  });
});

describe('the links of a mail', () => {
  it('come from the HTML part, then from the text, each once', () => {
    const html = `<a class="b" href="https://a.test/?x=1&amp;y=%2B">A</a> <a href='http://b.test'>B</a>`;
    const text = 'See https://a.test/?x=1&y=%2B, (http://b.test) or https://c.test/d_e-f.';
    expect(findLinks(html, text)).toEqual([
      'https://a.test/?x=1&y=%2B',
      'http://b.test',
      'https://c.test/d_e-f',
    ]);
  });

  it('are never anything but http and https', () => {
    const html =
      '<a href="javascript:alert(1)">1</a><a href="&#106;avascript:alert(1)">2</a>' +
      '<a href="data:text/html,x">3</a><a href="mailto:a@b.test">4</a><a href="https://">5</a>';
    expect(findLinks(html, '')).toEqual([]);
  });
});

describe('reading a mail', () => {
  it('takes the recipients from the wire and the rest from the mail', async () => {
    const mail = await read(
      'From: =?UTF-8?Q?Gatep=C3=B6st?= <no-reply@gatepost.test>',
      'To: somebody-else@example.com',
      'Subject: =?UTF-8?B?SGVsbG8gw6Q=?=',
      'X-Twice: one',
      'X-Twice: two',
      'Content-Type: text/plain; charset=utf-8',
      '',
      'Hi',
    );
    expect(mail).toMatchObject({
      from: 'Gatepöst <no-reply@gatepost.test>',
      to: 'ada@example.com',
      subject: 'Hello ä',
      html: null,
      code: null,
      links: [],
    });
    expect(mail.text.trim()).toBe('Hi');
    expect(mail.headers['x-twice']).toBe('one\ntwo');
  });

  it('shows a mail that can not be read instead of losing it', async () => {
    let nested = '';
    for (let i = 0; i < 300; i += 1)
      nested += `Content-Type: multipart/mixed; boundary=b${i}\r\n\r\n--b${i}\r\n`;
    const mail = await read(nested);
    expect(mail.subject).toMatch(/broken/);
    expect(mail.text).toContain('boundary=b299');
    expect(mail.from).toBe('bounce@gatepost.test');
  });

  it.each([
    ['text/plain', 'x'],
    ['text/plain', 'https://'],
    ['text/plain', 'https://x.test/.'],
    ['text/plain', '1'],
    ['text/html', '<'],
    ['text/html', '<a '],
    ['text/html', '<a href= '],
    ['text/html', '<style>'],
    ['text/html', '<head '],
    ['text/html', '&#1'],
  ])('is not kept busy by %s full of %j', async (type, piece) => {
    const body = `${piece.repeat(1_000_000 / piece.length)}.x`;
    const dots = `https://x.test/${'.'.repeat(500_000)}x`;
    const before = process.threadCpuUsage();
    await read(`Content-Type: ${type}`, '', body, dots);
    expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(KEPT_BUSY);
  });

  it('is not kept busy by a million empty lines', () => {
    const before = process.threadCpuUsage();
    expect(findCode('', `${'\n'.repeat(1_000_000)}x`)).toBeNull();
    expect(process.threadCpuUsage(before).user / 1_000).toBeLessThan(KEPT_BUSY);
  });

  it('survives headers named like parts of JavaScript', async () => {
    const mail = await read('__proto__: x', 'constructor: y', '', 'Hi');
    expect(Object.entries(mail.headers)).toEqual([
      ['__proto__', 'x'],
      ['constructor', 'y'],
    ]);
  });
});
