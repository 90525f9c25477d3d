import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { FormLetter, mergeField, type MergeValues } from './form-letter.js';
import { LetterWriter } from './letter-writer.js';
import type { MessageDefinition } from './message-kind.js';
import { messageKinds, type MessageKind } from './message-kinds.js';
import { loadTemplates } from './template-files.js';

const directories: string[] = [];
afterAll(() => directories.forEach((directory) => rmSync(directory, { recursive: true })));

function templatesWith(changes: Record<string, string>) {
  const directory = mkdtempSync(path.join(tmpdir(), 'gatepost-letters-'));
  directories.push(directory);
  cpSync('templates', directory, { recursive: true });
  for (const [file, content] of Object.entries(changes))
    writeFileSync(path.join(directory, file), content);
  return loadTemplates(directory);
}

const templates = templatesWith({});

function writerOf(kind: MessageKind, all = templates, appName = 'Acme'): LetterWriter {
  const { samples, facts, choices = [] }: MessageDefinition = messageKinds[kind];
  const known = new Set(
    samples.flatMap((sample) => Object.keys(facts(sample, () => 'https://id.acme.test/x'))),
  );
  return new LetterWriter(all.get(kind)!, known, choices, appName);
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 20 }),
  fc.string({ unit: fc.constantFrom(...'<>&"\'`={}$\\\u0091\u0092\u200c x'), minLength: 1 }),
  fc.constantFrom(
    mergeField('code'),
    mergeField('to'),
    '\u0091',
    '{{link}}',
    '{appName}',
    '$&',
    '&#x3D;',
  ),
);
const common = { to: hostile, lifetime: hostile, expiresAt: hostile, createdAt: hostile };
const values: Record<MessageKind, fc.Arbitrary<MergeValues>> = {
  'verification-code': fc.record({ ...common, code: hostile }),
  'account-exists': fc.record(common),
  'password-reset': fc.record({ ...common, link: hostile }),
  'password-changed': fc.record(common),
  invitation: fc.record(
    {
      ...common,
      link: hostile,
      role: fc.constantFrom('admin', 'member'),
      name: hostile,
      invitedBy: hostile,
    },
    { requiredKeys: ['to', 'lifetime', 'expiresAt', 'createdAt', 'link', 'role'] },
  ) as fc.Arbitrary<MergeValues>,
  test: fc.record(common),
};

describe('a mail that is filled in', () => {
  test.each(Object.keys(values) as MessageKind[])(
    '%s: is what the templates would have made of it',
    (kind) => {
      const writer = writerOf(kind);
      const language = writer.languages.get('en')!;
      const footers = fc.constantFrom('', 'Acme & Söhne\nBerlin', mergeField('to'));
      fc.assert(
        fc.property(values[kind], footers, (some, footer) => {
          // the first of a form goes through the templates
          const rendered = writerOf(kind).write(language, some, footer);
          expect(writer.write(language, some, footer)).toEqual(rendered);
        }),
        { numRuns: 400, seed: 20_261_120 },
      );
    },
  );

  test.each(Object.keys(values) as MessageKind[])('%s: goes through no template', (kind) => {
    let rendered = 0;
    const ofKind = templates.get(kind)!;
    const counting: typeof ofKind = {
      ...ofKind,
      html: (...args) => {
        rendered += 1;
        return ofKind.html(...args);
      },
    };
    const writer = writerOf(kind, new Map([[kind, counting]]));
    const [some] = fc.sample(values[kind], { numRuns: 1, seed: 1 });
    for (let time = 0; time < 9; time += 1)
      writer.write(writer.languages.get('en')!, { ...some!, expiresAt: `at ${time}` }, '');
    // the first itself, and its form
    expect(rendered).toBe(2);
  });
});

test('a template that does more than print a value has it right all the same', () => {
  const phrases = JSON.parse(readFileSync('templates/locales/en.json', 'utf8'));
  phrases['verification-code']['intro.111111'] = 'Ones.';
  phrases['verification-code']['intro.222222'] = 'Twos.';
  const writer = writerOf(
    'verification-code',
    templatesWith({
      'locales/en.json': JSON.stringify(phrases),
      'verification-code/body.text.hbs': "{{t 'intro' code}}",
    }),
  );
  const some = { to: 'a@b', lifetime: 'x', expiresAt: 'y', createdAt: 'z' };
  const write = (code: string) =>
    writer.write(writer.languages.get('en')!, { ...some, code }, '').text.split('\n')[0];
  expect(['111111', '222222', '111111'].map(write)).toEqual(['Ones.', 'Twos.', 'Ones.']);
  expect(() => write('333333')).toThrow('there is no phrase "intro.333333"');
});

test('a form that lacks a value is never sent', () => {
  const form = new FormLetter({ subject: 's', html: `<p>${mergeField('code')}</p>`, text: 't' });
  expect(() => form.filledWith({ to: 'a@b' })).toThrow('"code"');
});
