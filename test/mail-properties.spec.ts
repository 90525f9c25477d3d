import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import PostalMime, { type Email } from 'postal-mime';
import { emailAddressSchema, personNameSchema } from '#address';
import type { SmtpSettings } from '#mailer-config';
import { Renderer, type RenderedMessage } from '#message';
import { composeMessage, type OutgoingMessage } from '#smtp';
import { hostileAddress, hostileText } from './harness/hostile-text.js';
import { nameOf, oneLine, referenceHeader, referenceMessage } from './harness/reference-message.js';

/** Each run takes {@link PEOPLE} names and addresses through all of it: 100,000 in all. */
const RUNS = 4_000;
const PEOPLE = 25;

const MESSAGE_ID = '<0123456789abcdef@id.acme.test>';
// What a body would have to guess to end its part.
const DELIMITER = `--=_-${createHash('sha256').update(MESSAGE_ID).digest('hex').slice(0, 24)}-Part_1`;

const line = fc.oneof(
  { weight: 6, arbitrary: hostileText },
  { weight: 1, arbitrary: fc.constantFrom('', '.', '..x', 'From x', ' ', 'x\t', DELIMITER) },
  { weight: 1, arbitrary: fc.constantFrom(`${DELIMITER}--`, '--', 'é'.repeat(490), '\ufeffx') },
  { weight: 1, arbitrary: fc.integer({ min: 970, max: 1_010 }).map((size) => 'x'.repeat(size)) },
);
const lineEnd = fc.constantFrom('\n', '\n', '\n', '\r\n', '\r');
const hostileBody = fc
  .tuple(fc.array(line, { minLength: 1, maxLength: 4 }), lineEnd)
  .map(([lines, end]) => lines.join(end));

const person = fc.record({
  name: hostileText,
  address: hostileAddress,
  code: fc.integer({ min: 0, max: 999_999 }).map((code) => String(code).padStart(6, '0')),
  invited: fc.boolean(),
  subject: hostileText,
  sender: hostileText,
  text: hostileBody,
  html: hostileBody,
  account: fc.nat({ max: 7 }),
  eightBit: fc.boolean(),
});
type Person = typeof person extends fc.Arbitrary<infer Generated> ? Generated : never;

const renderer = new Renderer({ appName: 'Acme', adminWebUrl: 'https://id.acme.test' });
const createdAt = new Date('2026-11-20T16:23:00Z');
const expiresAt = new Date('2026-11-20T16:33:00Z');
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
    .filter((line) => !/004217|ada&zwnj;|Hello,|You are invited to join/.test(line)),
);

const linesWithData = (html: string): string =>
  html
    .split('\n')
    .filter((line) => !FIXED.has(line))
    .join('\n');

const occurrences = (text: string, sign: string): number => text.split(sign).length - 1;

/** How often there is what makes the structure of a mail: no value may change that. */
const structureOf = ({ subject, text }: RenderedMessage, html: string) => ({
  subject,
  lines: occurrences(text, '\n'),
  inHtml: ['\n', '<', '>', '"'].map((sign) => occurrences(html, sign)),
});

const PLAIN = new Map(
  [plainInvitation, plainCode].map((mail) => [
    mail.subject,
    structureOf(mail, linesWithData(mail.html)),
  ]),
);

function assertSameStructure(mail: RenderedMessage, html: string): void {
  assert.deepEqual(structureOf(mail, html), PLAIN.get(mail.subject));
  for (const part of [html, mail.text]) {
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
  const html = linesWithData(mail.html);
  assert.equal(mail.subject, (invited ? plainInvitation : plainCode).subject);
  assertSameStructure(mail, html);
  assert(mail.text.split('\n').includes(invited ? LINK : `    ${code}`));
  assert(mail.html.includes(invited ? `href="${LINK}"` : `>${code}<`));
  return { mail, html, to, name: validName };
}

/** Sender and fields of an account, in every combination over eight. */
const accountOf = ({ sender, account }: Person): SmtpSettings =>
  ({
    name: 'environment',
    sender: { name: account === 0 ? undefined : sender, address: 'no-reply@acme.test' },
    replyTo: account & 1 ? 'help@acme.test' : undefined,
    readReceiptTo: account & 2 ? 'receipts@acme.test' : undefined,
  }) as SmtpSettings;

/** The rendered mail, and what no template lets in around it. */
function messageOf(person: Person, { mail, html, to }: ReturnType<typeof mailTo>): OutgoingMessage {
  const address = to ?? ADA;
  return {
    to: address,
    messageId: MESSAGE_ID,
    date: createdAt,
    locale: 'en',
    subject: person.account & 4 ? person.subject : mail.subject,
    text: `${person.text}\n${mail.text}`,
    html: `${html}\n${person.html}\n`,
    originalTo: person.account === 7 ? address : undefined,
  };
}

/** RFC 5321 section 2.3.8 and RFC 5322 section 2.1.1, looked at without the composer's help. */
function assertFitForTheWire(raw: Buffer, eightBit: boolean): void {
  const octets = raw.toString('latin1');
  assert.doesNotMatch(octets, /\0/);
  assert.equal(/[\x80-\xff]/.test(octets), eightBit);
  const lines = octets.split('\r\n');
  for (const line of lines) assert(line.length <= 998 && !/[\r\n]/.test(line));
  assert.equal(lines.at(-1), '');
  for (const field of lines.slice(0, lines.indexOf('')))
    // an address can't be folded
    assert(field.length <= 78 || /^(?! =\?UTF-8\?) \S+$/.test(field), field);
  for (const field of lines.slice(0, lines.indexOf(''))) assert.match(field, /^[ -~]*[!-~][ -~]*$/);
}

const said = (text: string | undefined): string =>
  // A reader drops a byte order mark, and counts the line end before a delimiter to the part.
  (text ?? '')
    .toWellFormed()
    .replace(/\r\n|\r/g, '\n')
    .replaceAll('\ufeff', '')
    .replace(/\n+$/, '');

/** All that a reader is shown and answers to. */
const shown = ({ from, to, replyTo, cc, bcc, subject, text, html, attachments }: Email) => ({
  from: { ...from, name: said(from?.name) },
  recipients: { to, cc, bcc, replyTo },
  subject: said(subject),
  bodies: [text, html].map(said),
  attachments,
});

const HEADERS = `from to subject message-id date content-language auto-submitted
  x-auto-response-suppress mime-version content-type`.split(/\s+/);

function headersOf({ replyTo, readReceiptTo }: SmtpSettings, { originalTo }: OutgoingMessage) {
  const more = [
    replyTo && 'reply-to',
    readReceiptTo && 'disposition-notification-to',
    originalTo && 'x-original-to',
  ];
  return [...HEADERS, ...more].filter(Boolean).sort();
}

/**
 * What a reader finds is what was put in, and what it finds in the same mail of nodemailer's.
 * @param whole with its bodies, or only what of the header can differ
 * @returns its octets
 */
async function assertArrives(
  person: Person,
  mail: ReturnType<typeof mailTo>,
  whole: boolean,
): Promise<Buffer> {
  const account = accountOf(person);
  const message = messageOf(person, mail);
  const { raw, envelope, eightBit } = composeMessage(account, message, person.eightBit);
  assert.deepEqual(envelope, { from: 'no-reply@acme.test', to: [message.to] });
  assert(person.eightBit || !eightBit);
  assertFitForTheWire(raw, eightBit);
  const email = await PostalMime.parse(raw);
  assert.deepEqual(email.headers.map(({ key }) => key).sort(), headersOf(account, message));
  assert.equal(email.headers.find(({ key }) => key === 'to')?.value, message.to);
  assert.deepEqual(shown(email), {
    from: { name: said(nameOf(account)), address: account.sender.address },
    recipients: {
      to: [{ name: '', address: message.to }],
      cc: undefined,
      bcc: undefined,
      replyTo: account.replyTo && [{ name: '', address: account.replyTo }],
    },
    subject: said(oneLine(message.subject)),
    bodies: [message.text, message.html].map(said),
    attachments: [],
  });
  if (whole)
    assert.deepEqual(
      shown(email),
      shown(await PostalMime.parse(await referenceMessage(account, message))),
    );
  else {
    const reference = shown(await PostalMime.parse(referenceHeader(account, message)));
    assert.deepEqual({ ...shown(email), bodies: ['', ''] }, reference);
  }
  return raw;
}

test('whatever name and address come in, the mail is whole and reaches that address alone', async () => {
  const seen = { names: 0, printed: 0, addresses: 0, people: 0 };
  const encodings = new Map<string, number>();
  await fc.assert(
    fc.asyncProperty(fc.array(person, { minLength: PEOPLE, maxLength: PEOPLE }), async (people) => {
      for (const one of people) {
        const mail = mailTo(one);
        seen.people++;
        if (mail.name) seen.names++;
        if (mail.name && mail.mail.text.includes(`Hello ${mail.name},`)) seen.printed++;
        if (mail.to) seen.addresses++;
        const raw = await assertArrives(one, mail, one === people[0]);
        if (one === people[0])
          for (const [encoding] of raw
            .toString('latin1')
            .matchAll(/(?<=^Content-Transfer-Encoding: ).*(?=\r$)/gm))
            encodings.set(encoding, (encodings.get(encoding) ?? 0) + 1);
      }
    }),
    { numRuns: RUNS, seed: 20_261_120 },
  );
  // The generators are worth something only while much of what they make gets through.
  expect(seen.people).toBeGreaterThanOrEqual(100_000);
  expect(seen.names).toBeGreaterThan(50_000);
  expect(seen.printed).toBeGreaterThan(20_000);
  expect(seen.addresses).toBeGreaterThan(40_000);
  for (const encoding of ['7bit', '8bit', 'quoted-printable', 'base64'])
    expect(encodings.get(encoding)).toBeGreaterThan(RUNS / 20);
}, 600_000);
