import { z } from 'zod';
import { emailAddressSchema } from '#address';
import { mailStatuses } from '#outbox';

const id = z.uuid('This is not the id of a mail; "gatepost mail list" shows them.');

const LIMIT = 'A limit is a number from 1 to 1000.';

/** What a person can have done with the database, by command or through the control socket. */
export const commandSchema = z.discriminatedUnion('command', [
  z.strictObject({
    command: z.literal('invite'),
    email: emailAddressSchema,
    role: z.enum(['admin', 'member'], 'The role is admin or member.'),
  }),
  z.strictObject({
    command: z.literal('mail-list'),
    status: z.enum(mailStatuses, `A status is one of ${mailStatuses.join(', ')}.`).optional(),
    to: emailAddressSchema.optional(),
    limit: z.coerce.number(LIMIT).int(LIMIT).min(1, LIMIT).max(1_000, LIMIT).default(20),
  }),
  z.strictObject({ command: z.literal('mail-show'), id }),
  z.strictObject({ command: z.literal('mail-retry'), id }),
  z.strictObject({ command: z.literal('mail-cancel'), id }),
  z.strictObject({ command: z.literal('reseal') }),
  z.strictObject({
    command: z.literal('doctor'),
    /** Name or id. */
    account: z.string(),
    to: emailAddressSchema.optional(),
    strict: z.boolean().default(false),
    /** Seconds. */
    timeout: z.number().positive().optional(),
  }),
  z.strictObject({
    command: z.literal('oauth2-begin'),
    /** Name or id; that of the environment unless given. */
    account: z.string().default('environment'),
    redirectUri: z.url(),
  }),
  z.strictObject({
    command: z.literal('oauth2-complete'),
    state: z.string(),
    code: z.string().optional(),
    error: z.string().optional(),
    error_description: z.string().optional(),
  }),
]);

export type Command = z.output<typeof commandSchema>;
export type CommandInput = z.input<typeof commandSchema>;
