import { createHash } from 'node:crypto';
import type { SmtpSettings } from '#mailer-config';

/**
 * Tells whom tokens were given to: with another provider, application, mailbox or scope an account
 * begins anew. What merely proves who asks (client secret, key of a service account) is no part of
 * it: it is changed every few months, and nobody should have to consent again for that.
 *
 * A plain hash will do, for a refresh token is nothing that can be guessed; and a new SECRET_KEY
 * must not lose what is sealed with the key before.
 */
export function fingerprintOf({ auth: { oauth2, username } }: SmtpSettings): Buffer {
  const { grant, tokenUrl, clientId, scope, refreshToken, serviceAccount } = oauth2 ?? {};
  const parts = [grant, tokenUrl, clientId, scope, refreshToken, serviceAccount?.email, username];
  return createHash('sha256')
    .update(JSON.stringify(parts.map((part) => part ?? null)))
    .digest();
}
