import type { SmtpSettings } from '#mailer-config';
import type { AccessTokenSource } from './access-token.js';
import { dial } from './dial.js';
import { Opening } from './opening.js';
import type { SmtpSession } from './session.js';
import { TokenRefused } from './smtp.errors.js';
import type { Attempt } from './transaction.js';

/**
 * Connects, secures and signs in. A token that the server refuses is exchanged for another one
 * once, on a connection of its own: some servers hang up on who was refused.
 *
 * @param tokens needed by accounts that sign in with access tokens
 * @throws SmtpFailure with the stage it ended at; nothing was handed over
 */
export async function openSession(
  account: SmtpSettings,
  attempt: Attempt,
  tokens: AccessTokenSource | undefined,
): Promise<SmtpSession> {
  try {
    return await openOnce(account, attempt, tokens, undefined);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return await openOnce(account, attempt, tokens, error.token);
  }
}

async function openOnce(
  account: SmtpSettings,
  attempt: Attempt,
  tokens: AccessTokenSource | undefined,
  rejected: string | undefined,
): Promise<SmtpSession> {
  const began = performance.now();
  const socket = await dial(account, attempt.signal);
  const left = Math.round(account.timeouts.connect - (performance.now() - began));
  const opening = new Opening(account, attempt, socket);
  return await opening.run(Math.max(left, 1), async (signal) => {
    if (!tokens) throw new Error('Nobody provides ACCESS_TOKENS');
    return await tokens.accessToken(account, { rejected, signal });
  });
}
