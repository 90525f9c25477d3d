import { z } from 'zod';
import { defineMessage } from '../message-kind.js';

/** What an operator sends to see whether mail arrives. */
export const test = defineMessage({
  variables: z.strictObject({}),
  lifetimeSeconds: 24 * 60 * 60,
  priority: 0,
  secrets: [],
  samples: [{}],
  facts: () => ({}),
});
