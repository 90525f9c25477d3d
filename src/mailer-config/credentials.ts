import type { Findings } from '#settings';
import type { SmtpReading } from './resolve-smtp-settings.js';
import type { SmtpSettings } from './smtp-settings.js';

/**
 * User name and password, both or neither: with one alone a client silently skips signing in.
 *
 * @returns undefined where one of them is at fault
 */
export function credentials(
  given: SmtpReading,
  findings: Findings,
): SmtpSettings['auth'] | undefined {
  if (findings.isRefused('SMTP_USERNAME', 'SMTP_PASSWORD', 'SMTP_URL', 'SMTP_AUTH_METHOD'))
    return undefined;
  const url = given.SMTP_URL;
  const username = url ? url.username : given.SMTP_USERNAME;
  const password = url ? url.password : given.SMTP_PASSWORD;
  const method = given.SMTP_AUTH_METHOD ?? 'auto';
  if ((username === undefined) !== (password === undefined)) {
    if (url) refuseHalfUrl(username === undefined, findings);
    else refuseHalf(username === undefined, findings);
    return undefined;
  }
  if (method === 'none' && username !== undefined)
    findings.refuse(
      'SETTING_CONFLICT',
      'SMTP_AUTH_METHOD',
      'Nobody signs in with this method, and the user name and password that are set would be ignored.',
      'Write SMTP_AUTH_METHOD=auto, or remove user name and password.',
    );
  if (method !== 'none' && method !== 'auto' && username === undefined)
    findings.refuse(
      'SETTING_MISSING',
      'SMTP_USERNAME',
      `SMTP_AUTH_METHOD=${method} signs in, but nobody is named.`,
      'Write SMTP_USERNAME=… and SMTP_PASSWORD=…, or SMTP_AUTH_METHOD=auto for a server without sign-in.',
    );
  const { SMTP_NTLM_DOMAIN: ntlmDomain, SMTP_NTLM_WORKSTATION: ntlmWorkstation } = given;
  if (method === 'ntlm' && username) judgeNtlmUser(username, url !== undefined, findings);
  if (method !== 'ntlm' && method !== 'auto')
    for (const name of ['SMTP_NTLM_DOMAIN', 'SMTP_NTLM_WORKSTATION'] as const)
      if (given[name] !== undefined)
        findings.refuse(
          'SETTING_CONFLICT',
          name,
          `It says something about NTLM only, and SMTP_AUTH_METHOD=${method} signs in another way.`,
          `Remove ${name}, or write SMTP_AUTH_METHOD=ntlm.`,
        );
  return { method, username, password, ntlmDomain, ntlmWorkstation, oauth2: undefined };
}

// What Windows writes as one, NTLM keeps apart; the server would look for a user "DOMAIN\\user".
function judgeNtlmUser(username: string, fromUrl: boolean, findings: Findings): void {
  if (!username.includes('\\')) return;
  findings.refuse(
    'SETTING_CONFLICT',
    fromUrl ? 'SMTP_URL' : 'SMTP_USERNAME',
    'The user name contains the domain, which has a setting of its own for NTLM.',
    fromUrl
      ? 'Write SMTP_URL=… with the part of the user name behind the backslash, and SMTP_NTLM_DOMAIN=… with the part before it.'
      : 'Write SMTP_USERNAME=… with the part behind the backslash, and SMTP_NTLM_DOMAIN=… with the part before it.',
  );
}

function refuseHalf(userIsMissing: boolean, findings: Findings): void {
  const [missing, present] = userIsMissing
    ? ['SMTP_USERNAME', 'SMTP_PASSWORD']
    : ['SMTP_PASSWORD', 'SMTP_USERNAME'];
  findings.refuse(
    'CREDENTIALS_HALF',
    missing,
    `${present} is set but ${missing} is not, so that nobody could sign in.`,
    `Write ${missing}=… as well, or remove ${present} for a server without sign-in.`,
  );
}

function refuseHalfUrl(userIsMissing: boolean, findings: Findings): void {
  findings.refuse(
    'CREDENTIALS_HALF',
    'SMTP_URL',
    `The URL has a ${userIsMissing ? 'password but no user name' : 'user name but no password'}, so that nobody could sign in.`,
    'Write SMTP_URL=smtp://user:password@host:587, or SMTP_URL=smtp://host:587 for a server without sign-in.',
  );
}
