import { enhancedCodes } from './enhanced-codes.js';
import { codesAndStages } from './reply-codes.js';
import { providerTexts } from './reply-patterns.js';
import { type JudgedReply, matches, type ReplyDiagnosis } from './reply-rule.js';

/** Whatever matters stands at the beginning; a hostile server may send 64 KiB. */
const JUDGED_CHARACTERS = 2048;

/*
 * The order is the policy: what a provider is known to say, then the enhanced code, then code and
 * stage. The other way round, as most clients do it, 535 is always "wrong password", and 550 at a
 * provider that means "too fast" sends people to change a sender that is right.
 */
const table = [...providerTexts, ...enhancedCodes, ...codesAndStages];

/**
 * The cause that a reply of class 4 or 5 speaks of, and how sure that is. The words of one reply
 * are no proof: what the session showed (TLS, sign-in, who answers) takes part in it.
 *
 * @returns undefined for a reply that refuses nothing
 */
export function diagnoseReply(reply: JudgedReply): ReplyDiagnosis | undefined {
  if (reply.code < 400 || reply.code > 599) return undefined;
  const judged = { ...reply, text: reply.text.slice(0, JUDGED_CHARACTERS) };
  for (const rule of table) {
    if (!matches(rule, judged)) continue;
    const means = typeof rule.means === 'function' ? rule.means(judged) : rule.means;
    if (means === undefined) continue;
    return typeof means === 'string' ? { code: means, confidence: rule.confidence } : means;
  }
  return undefined;
}
