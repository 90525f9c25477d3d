import { z } from 'zod';
import { pageQuerySchema, pageSchema } from '#http';
import { roleSchema, userSchema } from '#user';

export const userPageSchema = pageSchema(userSchema);

export const accountChangeSchema = z.strictObject({
  role: roleSchema.optional(),
  status: z
    .enum(['active', 'disabled'])
    .optional()
    .describe('`disabled` ends every session at once; nobody signs in until it is `active` again'),
});

export type UserQuery = z.infer<typeof pageQuerySchema>;
