import { z } from 'zod';
import { fieldSentence } from './field-sentence.js';

const sentence = (schema: z.ZodType, value: unknown) =>
  schema.safeParse(value).error?.issues.map((issue) => fieldSentence(issue as never))[0];

it.each<[z.ZodType, unknown, string]>([
  [z.string(), undefined, 'This field is required.'],
  [z.string(), null, 'Send a string here.'],
  [z.object({}), [], 'Send an object here.'],
  [z.coerce.number(), 'x', 'Send a number here.'],
  [z.number().int(), 1.5, 'Send a whole number here.'],
  [z.enum(['admin', 'member']), 'root', 'Send one of: admin, member.'],
  [z.enum(['admin', 'member']), undefined, 'Send one of: admin, member.'],
  [z.number().min(1), 0, 'Send a number of at least 1.'],
  [z.number().max(100), 101, 'Send a number of at most 100.'],
  [z.string().min(1), '', 'Send at least 1 character.'],
  [z.string().max(3), 'four', 'Send at most 3 characters.'],
  [z.iso.datetime(), '2026-11-20', 'Send a time in UTC, like 2026-11-20T17:30:00Z.'],
  [z.string().max(3, 'Too long for us.'), 'four', 'Too long for us.'],
])('%# says what to send', (schema, value, expected) => {
  expect(sentence(schema, value)).toBe(expected);
});
