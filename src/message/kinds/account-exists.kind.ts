import { z } from 'zod';
import { defineMessage } from '../message-kind.js';

/**
 * What the owner of an account gets instead of a code when someone registers with its address. As
 * urgent as the code, so that the two can't be told apart by when they arrive.
 */
export const accountExists = defineMessage({
  variables: z.strictObject({}),
  lifetimeSeconds: 24 * 60 * 60,
  priority: 0,
  secrets: [],
  samples: [{}],
  facts: () => ({}),
});
