import { z } from 'zod';
import { emailAddressSchema, localeSchema, personNameSchema } from '#address';
import { roleSchema } from './user.schemas.js';

export const newInvitationSchema = z.strictObject({
  email: emailAddressSchema,
  role: roleSchema,
  name: personNameSchema.optional(),
  locale: localeSchema.optional().describe('Language of the mail; `en` if left out'),
});

export type NewInvitation = z.infer<typeof newInvitationSchema>;

/** An invitation as the interface shows one; its link is in the mail and nowhere else. */
export const invitationSchema = z
  .object({
    id: z.uuid(),
    email: z.email(),
    role: roleSchema,
    name: z.string().nullable(),
    locale: z.string(),
    status: z
      .enum(['pending', 'expired', 'accepted', 'revoked'])
      .describe('`expired`: nobody accepted in time; resend it to open it again'),
    invitedBy: z.uuid().nullable().describe('User id; null: made at start or by a command'),
    createdAt: z.iso.datetime(),
    expiresAt: z.iso.datetime(),
    acceptedAt: z.iso.datetime().nullable(),
    mail: z
      .object({ id: z.uuid(), status: z.string() })
      .nullable()
      .describe('Its newest mail; null once that is purged from the outbox'),
  })
  .meta({ title: 'Invitation' });

export type Invitation = z.infer<typeof invitationSchema>;
