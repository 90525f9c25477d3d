import { createPublicKey } from 'node:crypto';
import type { DkimRecords, SmtpSettings } from '#mailer-config';
import { type Answer, type SenderDns, withParents } from './sender-dns.js';

type Dkim = NonNullable<SmtpSettings['dkim']>;

/** `another`: one that does not belong to our private key; `unknown`: DNS did not say. */
export type OwnKey = 'there' | 'none' | 'another' | 'unknown';
export type ProviderKey = Exclude<OwnKey, 'another'>;

/** Where receivers look for the key of a signature (RFC 6376 section 3.6.2.1). */
export const keyName = (selector: string, domain: string): string =>
  `${selector}._domainkey.${domain}`;

/** Is the key there by which our own signature is verified? */
export async function ownKey(dns: SenderDns, dkim: Dkim): Promise<OwnKey> {
  const answer = await dns.txt(keyName(dkim.selector, dkim.domain));
  if (answer.kind === 'unknown') return 'unknown';
  const keys = keysIn(answer);
  if (keys.length === 0) return 'none';
  return keys.some((key) => publicForms(dkim.privateKey).includes(key)) ? 'there' : 'another';
}

/**
 * Is one of the provider's keys there, for the domain or for one above it? A signature of either
 * is aligned (RFC 7489 section 3.1.1).
 */
export async function providerKey(
  dns: SenderDns,
  { selectors }: DkimRecords,
  domain: string,
): Promise<ProviderKey> {
  const names = withParents(domain).flatMap((each) =>
    selectors.map((selector) => keyName(selector, each)),
  );
  const answers = await Promise.all(names.map(async (name) => await dns.txt(name)));
  if (answers.some((answer) => keysIn(answer).length > 0)) return 'there';
  return answers.some(({ kind }) => kind === 'unknown') ? 'unknown' : 'none';
}

/** The `p=` of each record; an empty one is a key that was revoked (RFC 6376 section 3.6.1). */
const keysIn = (answer: Answer): string[] =>
  answer.kind === 'found'
    ? answer.texts.flatMap(
        (text) => /(?:^|;)\s*p\s*=\s*([^;]+)/.exec(text)?.[1]?.replace(/\s+/g, '') || [],
      )
    : [];

/** The public half in Base64: as everybody publishes it, and as RFC 6376 says (PKCS #1). */
function publicForms(privateKey: string): string[] {
  const key = createPublicKey(privateKey);
  const forms = [key.export({ type: 'spki', format: 'der' })];
  if (key.asymmetricKeyType === 'rsa') forms.push(key.export({ type: 'pkcs1', format: 'der' }));
  return forms.map((form) => form.toString('base64'));
}
