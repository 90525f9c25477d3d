import { z } from 'zod';
import { defineMessage } from '../message-kind.js';

/** The code that proves that whoever registered reads this mailbox. */
export const verificationCode = defineMessage({
  // A string, never a number: 004217 keeps its zeros.
  variables: z.strictObject({ code: z.string().regex(/^\d{6}$/) }),
  lifetimeSeconds: 10 * 60,
  priority: 0,
  secrets: ['code'],
  samples: [{ code: '004217' }],
  facts: ({ code }) => ({ code }),
});
