import { z } from 'zod';
import { defineMessage } from '../message-kind.js';
import { linkToken } from '../link.js';

export const passwordReset = defineMessage({
  variables: z.strictObject({ token: linkToken }),
  lifetimeSeconds: 60 * 60,
  priority: 0,
  secrets: ['token'],
  samples: [{ token: 'rX3-9sYQk2bT8uVwZ0a1c4d7eFgHiJkL' }],
  facts: ({ token }, linkTo) => ({ link: linkTo('reset-password', token) }),
});
