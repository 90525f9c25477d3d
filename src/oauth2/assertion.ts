import { createPrivateKey } from 'node:crypto';
import { SignJWT } from 'jose';
import type { OAuth2Settings } from '#mailer-config';

/** Seconds an assertion is good for: the most Google takes. */
const LIFETIME = 3_600;

/** Seconds by which our clock may be ahead of the provider's. */
const CLOCK_SKEW = 10;

/** What a service account says: that it acts for the mailbox (RFC 7523 section 3). */
export function signAssertion(
  { email, keyId, privateKey }: NonNullable<OAuth2Settings['serviceAccount']>,
  { subject, audience, scope }: { subject: string; audience: string; scope: string },
): Promise<string> {
  const now = Math.floor(Date.now() / 1000) - CLOCK_SKEW;
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'RS256', typ: 'JWT', ...(keyId && { kid: keyId }) })
    .setIssuer(email)
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt(now)
    .setExpirationTime(now + LIFETIME)
    .sign(createPrivateKey(privateKey));
}
