import { limitReplies } from './limit-replies.js';
import type { ReplyRule } from './reply-rule.js';
import { senderReplies } from './sender-replies.js';
import { signInReplies } from './sign-in-replies.js';

/**
 * What providers say in words, as they document it or as it is quoted in public, in the order in
 * which it is tried. A pattern is bound to its provider (`from`) unless nobody else says such a
 * thing.
 */
export const providerTexts: readonly ReplyRule[] = [
  ...signInReplies,
  ...senderReplies,
  ...limitReplies,
];
