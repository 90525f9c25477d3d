import { z } from 'zod';
import { emailAddressSchema, localeSchema, personNameSchema } from '#address';
import { passwordSchema } from './password.schemas.js';

export const registrationSchema = z.strictObject({
  email: emailAddressSchema,
  password: passwordSchema,
  name: personNameSchema.optional(),
  locale: localeSchema.optional().describe('Language of mails; `en` if left out'),
});

export type NewRegistration = z.infer<typeof registrationSchema>;

/** As it is typed; spaces and hyphens between the digits do no harm. */
export const verificationSchema = z.strictObject({
  email: emailAddressSchema,
  code: z.string().max(64).meta({ example: '004217' }),
});

export const resendSchema = z.strictObject({ email: emailAddressSchema });

export const verificationStateSchema = z
  .object({
    verification: z.union([
      z.object({
        required: z.literal(true),
        expiresAt: z.iso.datetime().describe('When the newest code mailed to this address ends'),
        resendAfter: z.iso.datetime().describe('When the next mail to this address may be sent'),
      }),
      z.object({ required: z.literal(false) }),
    ]),
  })
  .meta({ title: 'VerificationState' });

export type VerificationState = z.infer<typeof verificationStateSchema>;
