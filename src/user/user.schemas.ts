import { z } from 'zod';
import { emailAddressSchema, localeSchema, personNameSchema } from '#address';

export const roleSchema = z.enum(['admin', 'member']);

/** A user as the interface shows one. */
export const userSchema = z
  .object({
    id: z.uuid(),
    email: emailAddressSchema,
    name: z.string().nullable(),
    locale: z.string().describe('Language of mails (BCP 47)'),
    role: roleSchema,
    status: z.enum(['active', 'unverified', 'disabled']),
    createdAt: z.iso.datetime(),
  })
  .meta({ title: 'User' });

export type User = z.infer<typeof userSchema>;

export const profileChangeSchema = z.strictObject({
  name: personNameSchema.nullable().optional().describe('`null` removes the name'),
  locale: localeSchema.optional(),
});

export type ProfileChange = z.infer<typeof profileChangeSchema>;
