import type { SmtpSettings } from '#mailer-config';
import type { AccessTokenSource } from './access-token.js';
import { dial } from './dial.js';
import { Opening } from './opening.js';
import type { OpenConnection } from './session.js';
import { TokenRefused } from './smtp.errors.js';
import type { Submission } from './submission.js';

/**
 * Connects, secures and signs in. A token that the server refuses is exchanged for another one
 * once, on a connection of its own: some servers hang up on who was refused.
 *
 * @param tokens needed by accounts that sign in with access tokens
 * @throws SmtpFailure with the stage it ended at; nothing was handed over
 */
export async function connect(
  account: SmtpSettings,
  submission: Submission,
  tokens: AccessTokenSource | undefined,
): Promise<OpenConnection> {
  try {
    return await openOnce(account, submission, tokens, undefined);
  } catch (error) {
    if (!(error instanceof TokenRefused)) throw error;
    return await openOnce(account, submission, tokens, error.token);
  }
}

async function openOnce(
  account: SmtpSettings,
  submission: Submission,
  tokens: AccessTokenSource | undefined,
  rejected: string | undefined,
): Promise<OpenConnection> {
  const began = performance.now();
  const socket = await dial(account, submission.bounds.signal);
  const left = Math.round(account.timeouts.connect - (performance.now() - began));
  const opening = new Opening(account, submission, socket);
  return await opening.run(Math.max(left, 1), async (signal) => {
    if (!tokens) throw new Error('Nobody provides ACCESS_TOKENS');
    return await tokens.accessToken(account, { rejected, signal });
  });
}
