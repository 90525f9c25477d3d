import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { messageKinds, type MessageKind, type MessageVariables } from './message-kinds.js';
import { RenderError, TemplateError } from './render.errors.js';
import { Renderer, type RenderContext } from './renderer.service.js';

const TOKEN = 'rX3-9sYQk2bT8uVwZ0a1c4d7eFgHiJkL';
const product = { appName: 'Acme', adminWebUrl: 'https://id.acme.test/auth' };
const renderer = new Renderer(product);
const createdAt = new Date('2026-11-20T16:23:00Z');

function context(changes: Partial<RenderContext> & { seconds?: number } = {}): RenderContext {
  const expiresAt = new Date(createdAt.getTime() + (changes.seconds ?? 600) * 1000);
  return { to: 'ada@example.com', locale: 'en', createdAt, expiresAt, ...changes };
}

function render<Kind extends MessageKind>(
  kind: Kind,
  variables: MessageVariables<Kind>,
  changes?: Parameters<typeof context>[0],
) {
  return renderer.render(kind, variables, context(changes));
}

const invite = (names: { name?: string; invitedBy?: string }) =>
  render('invitation', { token: TOKEN, role: 'member', ...names }, { seconds: 7 * 86_400 });

/** What a person sees of the HTML. */
function visible(html: string): string {
  const entities: Record<string, string> = { lt: '<', gt: '>', quot: '"', amp: '&' };
  return html
    .replace(/^[\s\S]*<body/, '<body')
    .replace(/<!--[\s\S]*?-->|<[^>]*>/g, ' ')
    .replace(/&#x([0-9A-F]+);/gi, (_, hex) => String.fromCodePoint(Number.parseInt(hex, 16)))
    .replace(/&(lt|gt|quot|amp);/g, (_, name) => entities[name]!)
    .replace(/\s+/g, ' ');
}

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

function templatesWith(changes: Record<string, string | undefined>): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'gatepost-templates-'));
  directories.push(directory);
  cpSync('templates', directory, { recursive: true });
  for (const [file, content] of Object.entries(changes))
    if (content === undefined) rmSync(path.join(directory, file));
    else writeFileSync(path.join(directory, file), content);
  return directory;
}

function startFault(changes: Record<string, string | undefined>): string {
  try {
    const started = new Renderer(product, templatesWith(changes));
    throw new Error(`It started: ${String(started)}`);
  } catch (error) {
    expect(error).toBeInstanceOf(TemplateError);
    return (error as Error).message;
  }
}

const phrases = () => JSON.parse(readFileSync('templates/locales/en.json', 'utf8'));

describe('what a mail says', () => {
  test.each(Object.keys(messageKinds) as MessageKind[])('%s: same facts in both parts', (kind) => {
    for (const sample of messageKinds[kind].samples) {
      const { subject, html, text } = renderer.render(kind, sample, context());
      for (const secret of messageKinds[kind].secrets) {
        const value = (sample as Record<string, string>)[secret]!;
        expect(text).toContain(value);
        expect(html).toContain(value);
        expect(subject).not.toContain(value);
      }
      for (const part of [html, text]) {
        expect(part).not.toMatch(/\{\{|\}\}|undefined|null|\[object/);
        expect(part).not.toContain('\r');
      }
      expect(subject).toContain('Acme');
      expect(subject).not.toContain('ada');
      expect(Buffer.byteLength(html)).toBeLessThan(30 * 1024);
    }
  });

  test('leading zeros of a code stay', () => {
    for (let code = 0; code < 1000; code++) {
      const digits = String(code * 7).padStart(6, '0');
      const { html, text } = render('verification-code', { code: digits });
      expect(html).toContain(`>${digits}<`);
      expect(text).toMatch(new RegExp(`^ {4}${digits}$`, 'm'));
    }
  });

  test('a link is byte for byte the same in text and HTML, under the prefix of the URL', () => {
    const { html, text } = render('password-reset', { token: TOKEN });
    const link = `https://id.acme.test/auth/link/reset-password?token=${TOKEN}`;
    expect(text.split('\n')).toContain(link);
    const hrefs = [...html.matchAll(/href="([^"]*)"/g)].map(([, href]) => href);
    expect(new Set(hrefs)).toEqual(new Set([link]));
    expect(html).toContain(`>${link}</a>`);
  });

  test('a slash at the end of the URL makes no second one', () => {
    const other = new Renderer({ ...product, adminWebUrl: 'https://id.acme.test/' });
    const { text } = other.render('password-reset', { token: TOKEN }, context());
    expect(text).toContain('https://id.acme.test/link/reset-password?token=');
  });

  test.each([
    [600, '10 minutes', '16:33'],
    [599.6, '10 minutes', '16:32'],
    [599, '9 minutes', '16:32'],
    [540, '9 minutes', '16:32'],
    [3600, '60 minutes', '17:23'],
    [86_400, '24 hours', 'November 21, 2026 at 16:23'],
    [7 * 86_400, '7 days', 'November 27, 2026 at 16:23'],
    [90, '90 seconds', '16:24'],
  ])(
    'a lifetime of %d s is said as %s, from the row and not from the kind',
    (seconds, said, at) => {
      for (const part of Object.values(
        render('verification-code', { code: '123456' }, { seconds }),
      ))
        if (part.includes('123456')) {
          expect(part).toContain(`for ${said}, until`);
          expect(part).toContain(`${at} UTC`);
        }
    },
  );

  test('the account footer replaces that of the product, line by line', () => {
    const other = new Renderer({ ...product, footer: 'Acme GmbH' });
    expect(other.render('test', {}, context()).text).toMatch(/\nAcme GmbH\n$/);
    const { text, html } = other.render('test', {}, context({ footer: 'A & B\r\nBerlin' }));
    expect(text).toMatch(/\nA & B\nBerlin\n$/);
    expect(html).toContain('<br>A &amp; B<br>Berlin</td>');
  });
});

describe('hostile text', () => {
  test.each([
    '<img src=x onerror=alert(1)>',
    'x" onmouseover="alert(1)',
    "x' onmouseover='alert(1)",
    '<!--[if mso]><script>alert(1)<![endif]-->'.replaceAll('/', ''),
    '&amp; &#x3D; &lt;b&gt;',
    '{{constructor.constructor("alert(1)")()}}'.replaceAll('.', ' '),
    '{{code}}{{token}}{{link}}',
    '{{> body}}',
    '{{{{raw}}}}{{{link}}}',
    '{appName}{to}{link}',
    'opaque0word',
    '$& $1 $$',
    '=?utf-8?q?=0D=0ABcc?=',
    '__proto__',
    'constructor',
    'שלום עדה',
    '\u{1f469}\u200d\u{1f680}',
  ])('a name %j is printed as it is, once', (name) => {
    const { html, text } = invite({ name, invitedBy: name });
    expect(text).toContain(`Hello ${name},`);
    expect(text).toContain(`${name} invites you`);
    expect(visible(html)).toContain(`Hello ${name}, ${name} invites you to join Acme.`);
    expect(html).not.toMatch(/<img|<script|<b>|<[^>]* onmouseover=/);
  });

  test.each([
    'evil.com/win',
    'http://evil',
    'evil.com',
    'www.evil',
    'evil。com',
    'evil｡com',
    'evil\uff0ecom',
    'evil\u2024com',
    'ev\u00adil.\u200bcom',
    'me@evil',
    'me\uff20evil',
    'tel:0800123456',
    '10.0.0.1',
    'evil.рф',
    '\\\\evil\\share',
    'evil\uff0fwin',
  ])('a name a client could make a link of is left out: %s', (name) => {
    const { html, text } = invite({ name, invitedBy: name });
    for (const part of [html, text]) {
      expect(part).not.toContain(name);
      expect(part).toContain('You are invited to join Acme.');
    }
    expect(text).toContain('Hello,');
  });

  test.each(['J.R.R. Tolkien', 'Dr. Who', 'Ada L.', 'Martin Luther King, Jr.'])(
    'a dot alone leaves nobody out: %s',
    (name) => expect(invite({ name }).text).toContain(`Hello ${name},`),
  );

  test('an address that looks like a link is none', () => {
    const to = 'http-evil.com/win@example.com';
    const { html, text } = render('verification-code', { code: '123456' }, { to });
    for (const part of [html, text]) {
      expect(part).not.toMatch(/evil\.com|@example|example\.com/);
      expect(part.replaceAll(/\u200c|&zwnj;/g, '')).toContain(`Sent to ${to} because`);
    }
  });

  test('a common address is readable in text and not linked in HTML', () => {
    const { html, text } = render('test', {});
    expect(text).toContain('Sent to ada@example.com because');
    expect(html).not.toContain('ada@example.com');
    expect(html).toContain('Sent to ada&zwnj;@&zwnj;example&zwnj;.&zwnj;com because');
    // so that it needs no transfer encoding
    expect(html).toMatch(/^\p{ASCII}*$/u);
  });

  test('an address with markup in it is escaped', () => {
    const { html } = render('test', {}, { to: "a&b'c`d@example.com" });
    expect(html.replaceAll('&zwnj;', '')).toContain('a&amp;b&#x27;c&#x60;d@example.com');
  });
});

describe('a mail never goes out with a hole', () => {
  const cases: [string, unknown][] = [
    ['verification-code', {}],
    ['verification-code', { code: '' }],
    ['verification-code', { code: null }],
    ['verification-code', { code: 4217 }],
    ['verification-code', { code: '4217' }],
    ['verification-code', { code: '12345６' }],
    ['verification-code', { code: '123456\n' }],
    ['verification-code', { code: '123456', name: 'x' }],
    ['verification-code', null],
    ['password-reset', { token: 'short' }],
    ['password-reset', { token: `${TOKEN}"><a href="//evil` }],
    ['invitation', { token: TOKEN, role: 'owner' }],
    ['invitation', { token: TOKEN, role: 'member', name: 'a\r\nb' }],
    ['invitation', { token: TOKEN, role: 'member', name: '' }],
    ['test', { __proto__: null, constructor: 'x' }],
  ];
  test.each(cases)('%s with %j is refused and no value is in the message', (kind, variables) => {
    const error = faultOf(() => renderer.render(kind, variables, context()));
    expect(error.code).toBe('invalid-variables');
    expect(error.message).toMatch(new RegExp(`^${kind}: \\w+`));
    expect(error.message).not.toMatch(/4217|12345|evil|short/);
  });

  test.each(['', 'welcome', '__proto__', 'constructor', 'toString'])('no kind %j', (kind) => {
    expect(faultOf(() => renderer.render(kind, {}, context())).code).toBe('unknown-kind');
  });

  test.each([{ seconds: 0 }, { seconds: -1 }, { expiresAt: new Date(Number.NaN) }, { to: '' }])(
    'no mail for %j',
    (changes) => {
      const work = () => renderer.render('test', {}, context(changes));
      expect(faultOf(work).code).toBe('invalid-context');
    },
  );

  function faultOf(work: () => unknown): RenderError {
    try {
      work();
    } catch (error) {
      expect(error).toBeInstanceOf(RenderError);
      return error as RenderError;
    }
    throw new Error('It was written.');
  }
});

describe('templates are tried at start', () => {
  const code = 'verification-code/body.html.hbs';
  test.each([
    ['misspelt variable', { [code]: '<p>{{cdoe}}</p>' }, `${code}: there is no variable "cdoe"`],
    [
      'misspelt optional variable',
      { 'invitation/body.text.hbs': "{{#given 'nmae'}}x{{/given}}{{link}}" },
      'invitation/body.text.hbs: there is no variable "nmae"',
    ],
    [
      'optional variable taken for granted',
      { 'invitation/body.text.hbs': 'Hello {{name}}, {{link}}' },
      'invitation/body.text.hbs: there is no variable "name"',
    ],
    ['unknown phrase', { [code]: "{{t 'titel'}}{{code}}" }, 'there is no phrase "titel"'],
    [
      'unknown helper',
      { [code]: "<p>{{shout 'x'}}</p>" },
      `${code}: You specified knownHelpersOnly`,
    ],
    ['unknown partial', { [code]: '<p>{{> buton}}</p>' }, `${code}: The partial buton could not`],
    ['broken expression', { [code]: '<p>{{code}</p>' }, `${code}: Parse error on line 1`],
    ['missing file', { [code]: undefined }, `${code}: cannot be read (ENOENT)`],
    [
      'code taken out of the HTML',
      { [code]: '<p>hi</p>' },
      'verification-code: body.html.hbs does not show the code',
    ],
    [
      'link taken out of the text',
      { 'password-reset/body.text.hbs': 'hi' },
      'password-reset: body.text.hbs does not show the token',
    ],
    [
      'code in the subject',
      { 'verification-code/subject.hbs': '{{code}} is your code' },
      'verification-code: the subject shows the code',
    ],
    ['subject of two lines', { 'test/subject.hbs': 'one\ntwo' }, 'The subject is not one line'],
    [
      'text between rows of a table',
      { [code]: '<table>{{#each footer}}<tr><td>{{this}}</td></tr>{{/each}}</table>{{code}}' },
      `${code}: {{this}} stands where HTML allows no text`,
    ],
    ['too large', { [code]: `{{code}}${'<p>filler</p>'.repeat(500)}` }, 'more than 30720 octets'],
  ])('%s', (_, changes, sentence) => {
    expect(startFault(changes)).toContain(sentence);
  });

  test('a variable that only some mails have is found in a phrase', () => {
    const broken = phrases();
    broken.invitation.hello = 'Hello {name},';
    const fault = startFault({ 'locales/en.json': JSON.stringify(broken) });
    expect(fault).toContain('locales/en.json: "hello" names {name}, which is not there');
  });

  test('every fault is in the one report', () => {
    const fault = startFault({ [code]: '{{a}}', 'test/body.text.hbs': '{{b}}' });
    expect(fault).toContain('"a"');
    expect(fault).toContain('"b"');
  });
});

describe('languages', () => {
  const korean = phrases();
  korean['verification-code'].title = '이메일 주소 확인';
  const arabic = phrases();
  arabic['verification-code'].title = 'أكّد بريدك الإلكتروني';
  const many = new Renderer(
    product,
    templatesWith({
      'locales/ko.json': JSON.stringify(korean),
      'locales/ko-KP.json': JSON.stringify({ test: { title: '시험' } }),
      'locales/ar.json': JSON.stringify(arabic),
    }),
  );
  const write = (locale: string) =>
    many.render('verification-code', { code: '123456' }, context({ locale }));

  test.each([
    ['ko-KR', 'ko'],
    ['ko-Hang-KR-x-private', 'ko'],
    ['ko-KP', 'ko-KP'],
    ['ar-EG', 'ar'],
    ['en-GB', 'en'],
    ['tlh', 'en'],
    ['../../etc/passwd', 'en'],
    ['', 'en'],
    ['__proto__', 'en'],
  ])('who wants %s reads %s', (wanted, language) => {
    expect(write(wanted).language).toBe(language);
    expect(write(wanted).html).toContain(`<html lang="${language}"`);
  });

  test('phrases, times and direction follow the language', () => {
    expect(write('ko').text).toContain('이메일 주소 확인');
    expect(write('ko-KP').text).toContain('이메일 주소 확인');
    expect(write('ko').text).toContain('10분');
    expect(write('ar').html).toContain('<html lang="ar" dir="rtl"');
    expect(write('ar').html).toContain('align="right"');
    expect(write('ar').html).toMatch(/<td class="code" dir="ltr"/);
  });

  test('a language must have every phrase and no other', () => {
    const poor = phrases();
    delete poor.test.title;
    poor.test.titel = 'x';
    expect(startFault({ 'locales/de.json': JSON.stringify(poor) })).toContain(
      'locales/de.json: "test" lacks the phrases title',
    );
    const rich = phrases();
    rich.test.titel = 'x';
    expect(startFault({ 'locales/de.json': JSON.stringify(rich) })).toContain(
      'locales/de.json: "test" has phrases nothing says: titel',
    );
  });
});

test('rendering a thousand mails takes less than a second', () => {
  const start = performance.now();
  for (let i = 0; i < 1000; i++) render('verification-code', { code: '123456' });
  expect(performance.now() - start).toBeLessThan(1000);
});
