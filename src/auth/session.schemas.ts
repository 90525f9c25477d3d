import { z } from 'zod';
import { type User, userSchema } from '#user';

export const sessionSchema = z
  .object({
    accessToken: z.string().describe('JWT; send it as `Authorization: Bearer …`'),
    refreshToken: z.string().describe('Good for 30 days and for one refresh'),
    tokenType: z.literal('Bearer'),
    expiresIn: z.int().describe('Seconds until the access token ends'),
    user: userSchema,
  })
  .meta({ title: 'Session' });

export interface Session {
  accessToken: string;
  refreshToken: string;
  tokenType: 'Bearer';
  expiresIn: number;
  user: User;
}

/** Ours have 43 characters; anything else of a sane length is merely wrong. */
export const refreshTokenSchema = z.strictObject({ refreshToken: z.string().min(1).max(512) });
