import { z } from 'zod';
import { defineMessage } from '../message-kind.js';

/** The notice to the owner that the password was changed or reset. */
export const passwordChanged = defineMessage({
  variables: z.strictObject({}),
  lifetimeSeconds: 24 * 60 * 60,
  priority: 1,
  secrets: [],
  samples: [{}],
  facts: () => ({}),
});
