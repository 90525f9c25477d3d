import { z } from 'zod';
import { parseEmailAddress } from './email-address.js';
import { canonicalLocale } from './locale.js';
import { parsePersonName } from './person-name.js';

// A check may rewrite the value it sees. Unlike a transform this keeps one JSON schema for input
// and output, which OpenAPI needs.

/** An e-mail address in any spelling that {@link parseEmailAddress} accepts → its canonical form. */
export const emailAddressSchema = z
  .string()
  .check((context) => {
    const parsed = parseEmailAddress(context.value);
    if (parsed.ok) context.value = parsed.address;
    else report(context, `The address ${parsed.reason}. Write one, like ada@example.com.`);
  })
  .meta({
    format: 'email',
    minLength: 6,
    maxLength: 254,
    description: 'One plain e-mail address; compared and stored in lowercase',
    example: 'ada@example.com',
  });

/** What a person is called → trimmed, NFC, 1 to 100 code points on one line. */
export const personNameSchema = z
  .string()
  .check((context) => {
    const parsed = parsePersonName(context.value);
    if (parsed.ok) context.value = parsed.name;
    else report(context, `The name ${parsed.reason}. Write 1 to 100 characters on one line.`);
  })
  .meta({ minLength: 1, maxLength: 100, description: 'One line', example: 'Ada Lovelace' });

/** A language tag (BCP 47), known to us or not → its canonical form. */
export const localeSchema = z
  .string()
  .check((context) => {
    const locale = canonicalLocale(context.value);
    if (locale !== undefined) context.value = locale;
    else report(context, 'This is not a language tag. Write one, like en or pt-BR.');
  })
  .meta({ maxLength: 35, description: 'Language tag (BCP 47)', example: 'en' });

function report(context: z.core.ParsePayload<string>, message: string): void {
  context.issues.push({ code: 'custom', message, input: context.value });
}
