import { isDeepStrictEqual } from 'node:util';
import type { AccountFields, SmtpSettings } from '#mailer-config';

/**
 * The fields with which somebody signs in, at the server or where tokens come from. A user name is
 * among the secrets where it looks like a token, as it is one with some providers.
 */
export const signInSecrets = [
  'username',
  'password',
  'url',
  'oauth2ClientSecret',
  'oauth2RefreshToken',
  'oauth2ServiceKey',
] as const satisfies readonly (keyof AccountFields)[];

export type SignInSecret = (typeof signInSecrets)[number];

/** A change of an account, or settings tried out in its place. */
export interface Redirection {
  /** What is kept of it; secrets that nobody who sees the account can read. */
  readonly stored: AccountFields;
  /** Undefined: what is stored can not be used as it is, so that any change may lead elsewhere. */
  readonly before: SmtpSettings | undefined;
  readonly after: SmtpSettings;
  /** The fields that come with the request, null for those it removes. */
  readonly given: AccountFields;
}

/**
 * The stored secrets that have to be given again, since they would otherwise be told to somebody
 * they were not given for. Else whoever may edit an account, but not read its password, would
 * point it at a server of his own and be told the password there (a "pass-back" attack).
 */
export function secretsToGiveAgain({ stored, before, after, given }: Redirection): SignInSecret[] {
  if (before && !leadsElsewhere(before, after)) return [];
  return signInSecrets.filter(
    (field) => given[field] === undefined && signsIn(field, stored[field]),
  );
}

/**
 * Would secrets go to another place, or by a less certain way? Where the way only becomes safer it
 * is the same rule: one that can be told in a sentence, with nothing to weigh.
 */
export function leadsElsewhere(before: SmtpSettings, after: SmtpSettings): boolean {
  return !isDeepStrictEqual(wayOf(before), wayOf(after));
}

function wayOf({ host, port, security, requireTls, tls, proxy, auth }: SmtpSettings) {
  return {
    host: host.toLowerCase(),
    port,
    security,
    requireTls,
    // Our own certificate is shown to the server, not trusted by it to be somebody.
    tls: { ...tls, cert: undefined, key: undefined },
    proxy,
    tokenUrl: auth.oauth2?.tokenUrl,
    authorizationUrl: auth.oauth2?.authorizationUrl,
  };
}

/** A URL is a secret for the password in it. */
function signsIn(field: SignInSecret, value: unknown): boolean {
  if (typeof value !== 'string' || value === '') return false;
  return field !== 'url' || URL.parse(value)?.password !== '';
}
