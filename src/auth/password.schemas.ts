import { z } from 'zod';

/** A bound for anything that gets hashed; what a new one must be is for `passwordFault` to say. */
const MAX_UTF16_UNITS = 512;

export const passwordSchema = z
  .string()
  .min(1)
  .max(MAX_UTF16_UNITS, 'Use at most 256 characters.')
  .meta({ format: 'password', example: 'a few unrelated words' });

export const linkTokenSchema = z
  .string()
  .min(1)
  .max(200)
  .describe('The `token` of the link in the mail');
