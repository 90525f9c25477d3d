import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import PostalMime from 'postal-mime';
import { emailAddressSchema, personNameSchema } from '#address';
import type { SmtpSettings } from '#mailer-config';
import { Renderer, type RenderedMessage } from '#message';
import { composeMessage } from '#smtp';

/** Each run takes {@link PEOPLE} names and addresses through all of it: 100,000 in all. */
const RUNS = 4_000;
const PEOPLE = 25;

// What has broken some mail program, one kind a line.
const FRAGMENTS = [
  ['\r\n', '\n', '\r', '\r\nBcc: evil@e.com', '\r\n.\r\n', '\n.\r\n', '\r\n\r\n<b>', '\0'],
  ['%0d%0a', '\u0085', '\u2028', '\u2029', '\v', '\f', '\t', '\u001b[2J', '\u007f'],
  ['=?utf-8?q?=0D=0ABcc:_e@e.com?=', '=?utf-8?b?DQpCY2M6?=', '=?us-ascii?q?x?=', '=0A', '?='],
  ['<img src=x onerror=alert(1)>', '<script>', '</td></table>', '"', "'", '`', '&', '&lt;', '='],
  ['-->', '<![endif]-->', '{{code}}', '{{{link}}}', '{{> body}}', '{{#each this}}', '{{{{raw}}}}'],
  ['{name}', '{appName}', '{{constructor.constructor("x")()}}', '__proto__', '$&', '\\'],
  ['\u202e', '\u2066', '\u200f', '\u200b', '\u200d', '\u00ad', '\ufeff', '\u3164', '\u0300'],
  ['\ud800', '\udc00', '\u{1f469}\u200d\u{1f680}', '\u{e0041}', 'שלום', 'مرحبا', '漢字', 'ﷺ'],
  ['İ', '\u212a', 'ſ', 'ß', '\uff0e', '\u3002', '\uff20', '\uff0c', '\u2100', 'é', 'e\u0301'],
  ['http://evil.com', 'www.evil', 'evil.com/x', ',', ';', ':', '(x)', '<a@b.c>', '@', '.', '..'],
  ['a'.repeat(64), 'b'.repeat(100), 'ü'.repeat(60), '漢'.repeat(99), ' '.repeat(50)],
].flat();

const ordinary = fc.constantFrom('Ada', 'Grace Hopper', 'x', 'Ünal', '42', '李', '-', ' ', '+tag');
const piece = fc.oneof(
  { weight: 4, arbitrary: ordinary },
  { weight: 3, arbitrary: fc.constantFrom(...FRAGMENTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'grapheme', maxLength: 12 }) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 6 }) },
);
const hostileText = fc
  .array(piece, { minLength: 1, maxLength: 6 })
  .map((pieces) => pieces.join(''));

const atom = fc.string({
  unit: fc.constantFrom(..."abcxyzABC019#$&'*+-/=?^_`{|}~"),
  minLength: 1,
  maxLength: 24,
});
const label = fc.oneof(
  fc.stringMatching(/^[a-zA-Z0-9](?:[a-z0-9-]{0,12}[a-z0-9])?$/),
  fc.constantFrom('bücher', 'g\u043eod', 'faß', '例え', 'ｅｘ', '\u212a', 'xn--bcher-kva'),
);
const domain = fc
  .tuple(fc.array(label, { minLength: 1, maxLength: 6 }), fc.constantFrom('com', 'рф', 'museum'))
  .map(([labels, top]) => [...labels, top].join('.'));
const wellFormed = fc
  .tuple(fc.array(atom, { minLength: 1, maxLength: 4 }), domain)
  .map(([atoms, domain]) => `${atoms.join('.')}@${domain}`);
const hostileAddress = fc.oneof(
  { weight: 6, arbitrary: wellFormed },
  { weight: 1, arbitrary: fc.tuple(hostileText, domain).map((parts) => parts.join('@')) },
  { weight: 1, arbitrary: fc.tuple(atom, hostileText).map((parts) => parts.join('@')) },
  {
    weight: 1,
    arbitrary: fc.tuple(wellFormed, fc.constantFrom(...FRAGMENTS), fc.nat()).map(insertInto),
  },
  { weight: 1, arbitrary: hostileText },
);

function insertInto([text, fragment, at]: [string, string, number]): string {
  const index = at % (text.length + 1);
  return text.slice(0, index) + fragment + text.slice(index);
}

const person = fc.record({
  name: hostileText,
  address: hostileAddress,
  code: fc.integer({ min: 0, max: 999_999 }).map((code) => String(code).padStart(6, '0')),
  invited: fc.boolean(),
});
type Person = typeof person extends fc.Arbitrary<infer Generated> ? Generated : never;

const renderer = new Renderer({ appName: 'Acme', adminWebUrl: 'https://id.acme.test' });
const createdAt = new Date('2026-11-20T16:23:00Z');
const expiresAt = new Date('2026-11-20T16:33:00Z');
const account = {
  name: 'environment',
  sender: { name: 'Acme', address: 'no-reply@acme.test' },
} as SmtpSettings;
const TOKEN = 'Zk8vQ2nP-4tYw7Lr1XcB9dHs0aGmUe_J';
const LINK = `https://id.acme.test/link/invitation?token=${TOKEN}`;
const ADA = 'ada@example.com';

function write({ name, code, invited }: Partial<Person>, to: string): RenderedMessage {
  const context = { to, createdAt, expiresAt, locale: 'en' };
  return invited
    ? renderer.render(
        'invitation',
        { token: TOKEN, role: 'member', name, invitedBy: name },
        context,
      )
    : renderer.render('verification-code', { code }, context);
}

// What the same mails look like without anything hostile in them.
const PLAIN_CODE = '004217';
const plainInvitation = write({ invited: true }, ADA);
const plainCode = write({ code: PLAIN_CODE }, ADA);
// The lines that are the same in every mail; only what else there is can be touched by data.
const FIXED = new Set(
  [plainInvitation, plainCode]
    .flatMap(({ html }) => html.split('\n'))
    .filter((line) => !/004217|ada\u200c|Hello,|You are invited to join/.test(line)),
);

const linesWithData = (html: string): string[] =>
  html.split('\n').filter((line) => !FIXED.has(line));

const occurrences = (text: string, sign: string): number => text.split(sign).length - 1;

/** No value may change the structure of a mail: its tags, its quotes, its lines, its subject. */
function assertSameStructure(mail: RenderedMessage, plain: RenderedMessage): void {
  const [html, plainHtml] = [mail, plain].map(({ html }) => linesWithData(html));
  assert.equal(html!.length, plainHtml!.length);
  for (const sign of ['<', '>', '"'])
    assert.equal(occurrences(html!.join(), sign), occurrences(plainHtml!.join(), sign));
  assert.equal(occurrences(mail.html, '\n'), occurrences(plain.html, '\n'));
  assert.equal(occurrences(mail.text, '\n'), occurrences(plain.text, '\n'));
  assert.equal(mail.subject, plain.subject);
  for (const part of [html!.join('\n'), mail.text]) {
    assert.doesNotMatch(part, /[\r\0\u0085\u2028\u2029\v\f\u202a-\u202e]/);
    assert(part.isWellFormed());
  }
}

const CANONICAL =
  /^(?!.{255})[a-z0-9#$&'*+/=?^_`{|}~.-]{1,64}@(?:[a-z0-9-]{1,63}\.)+[a-z0-9-]{2,63}$/;

/** Through validation and rendering; whoever is refused there is written to as someone plain. */
function mailTo({ name, address, code, invited }: Person) {
  const validName = personNameSchema.safeParse(name).data;
  if (validName !== undefined) {
    assert(validName.length > 0 && [...validName].length <= 100);
    assert.equal(personNameSchema.parse(validName), validName);
  }
  const to = emailAddressSchema.safeParse(address).data;
  if (to !== undefined) {
    assert.match(to, CANONICAL);
    assert.equal(emailAddressSchema.parse(to), to);
  }
  const mail = write({ name: validName, code, invited }, to ?? ADA);
  assertSameStructure(mail, invited ? plainInvitation : plainCode);
  const carried = invited ? LINK : code;
  assert(mail.text.split('\n').includes(invited ? LINK : `    ${code}`));
  assert(mail.html.includes(invited ? `href="${LINK}"` : `>${code}<`));
  return { mail, to, name: validName, carried };
}

function compose(to: string, mail: Pick<RenderedMessage, 'subject' | 'html' | 'text'>): Buffer {
  const messageId = '<0123456789abcdef@id.acme.test>';
  const { raw, envelope } = composeMessage(account, {
    ...mail,
    to,
    messageId,
    date: createdAt,
    locale: 'en',
  });
  assert.deepEqual(envelope.to, [to]);
  return raw;
}

/** RFC 5321 section 2.3.8 and RFC 5322 section 2.1.1, looked at without the composer's help. */
function assertFitForTheWire(raw: Buffer): void {
  const lines = raw.toString('latin1').split('\r\n');
  for (const line of lines)
    assert(line.length <= 998 && !line.includes('\r') && !line.includes('\n'));
  assert.equal(lines.at(-1), '');
}

const HEADERS = `from to subject message-id date content-language auto-submitted
  x-auto-response-suppress mime-version content-type`
  .split(/\s+/)
  .toSorted();

async function assertArrives(
  to: string,
  mail: Pick<RenderedMessage, 'subject' | 'html' | 'text'>,
): Promise<void> {
  const raw = compose(to, mail);
  assertFitForTheWire(raw);
  const email = await PostalMime.parse(raw);
  assert.deepEqual(email.headers.map(({ key }) => key).toSorted(), HEADERS);
  assert.deepEqual(email.to, [{ name: '', address: to }]);
  assert.equal(email.headers.find(({ key }) => key === 'to')?.value, to);
  assert.equal(email.subject, mail.subject);
  assert.equal(linesOf(email.text), linesOf(mail.text));
  assert.equal(linesOf(email.html), linesOf(mail.html));
}

/**
 * Base64 keeps the line ends of MIME (CRLF), quoted-printable is given back with those of the
 * parser, which also counts the one before a delimiter to the part.
 */
const linesOf = (part: string | undefined) => part?.replaceAll('\r\n', '\n').replace(/\n+$/, '');

/**
 * All that data can change goes through MIME: every address in a header of its own, and the bodies
 * of one run together in one message. Composing and parsing each mail whole would take minutes and
 * show the same; the first of each run is sent so.
 */
async function assertAllArrive(mails: ReturnType<typeof mailTo>[]): Promise<void> {
  const [first] = mails;
  if (!first) return;
  await assertArrives(first.to ?? ADA, first.mail);
  await assertArrives(ADA, {
    subject: 'All of them',
    text: mails.map(({ mail }) => mail.text).join('\n'),
    html: mails.map(({ mail }) => linesWithData(mail.html).join('\n')).join('\n'),
  });
  for (const { to } of mails.slice(1))
    if (to) await assertArrives(to, { subject: 'One', text: 'x', html: 'y' });
}

test('whatever name and address come in, the mail is whole and reaches that address alone', async () => {
  const seen = { names: 0, printed: 0, addresses: 0, people: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(person, { minLength: PEOPLE, maxLength: PEOPLE }), async (people) => {
      const mails = people.map(mailTo);
      for (const { mail, to, name } of mails) {
        seen.people++;
        if (name) seen.names++;
        if (name && mail.text.includes(`Hello ${name},`)) seen.printed++;
        if (to) seen.addresses++;
      }
      await assertAllArrive(mails);
    }),
    { numRuns: RUNS, seed: 20_261_120 },
  );
  // The generators are worth something only while much of what they make gets through.
  expect(seen.people).toBeGreaterThanOrEqual(100_000);
  expect(seen.names).toBeGreaterThan(50_000);
  expect(seen.printed).toBeGreaterThan(20_000);
  expect(seen.addresses).toBeGreaterThan(40_000);
}, 240_000);
