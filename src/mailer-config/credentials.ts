import type { Environment, Findings } from '#settings';
import type { OAuth2Settings } from './oauth2-settings.js';
import type { SmtpReading } from './resolve-account.js';
import { givenOAuth2 } from './oauth2-completeness.js';
import { resolveOAuth2 } from './resolve-oauth2.js';
import type { SmtpSettings } from './smtp-settings.js';

type Auth = SmtpSettings['auth'];

const byToken: readonly Auth['method'][] = ['auto', 'xoauth2', 'oauthbearer'];

/**
 * Who signs in, and how: with user name and password, both or neither (with one alone a client
 * silently skips signing in), or with user name and access token.
 *
 * @param host of the mail server; undefined: it is at fault itself
 * @returns undefined where something for it is at fault
 */
export function credentials(
  given: SmtpReading,
  host: string | undefined,
  environment: Environment,
  findings: Findings,
): Auth | undefined {
  const tokenSettings = givenOAuth2(environment);
  const wantsToken = tokenSettings.length > 0;
  const oauth2 = wantsToken ? resolveOAuth2(given, host, environment, findings) : undefined;
  if (findings.isRefused('SMTP_USERNAME', 'SMTP_PASSWORD', 'SMTP_URL', 'SMTP_AUTH_METHOD'))
    return undefined;
  const auth = readAuth(given, oauth2);
  const fromUrl = given.SMTP_URL !== undefined;
  judgeNtlm(given, auth, wantsToken, findings);
  if (wantsToken) judgeTokenSignIn(auth, fromUrl, tokenSettings, findings);
  else if (auth.method === 'xoauth2' || auth.method === 'oauthbearer')
    refuseWithoutOAuth2(auth.method, findings);
  else if ((auth.username === undefined) !== (auth.password === undefined)) {
    if (fromUrl) refuseHalfUrl(auth.username === undefined, findings);
    else refuseHalf(auth.username === undefined, findings);
    return undefined;
  } else judgeMethod(auth, findings);
  return wantsToken && !oauth2 ? undefined : auth;
}

function readAuth(given: SmtpReading, oauth2: OAuth2Settings | undefined): Auth {
  const url = given.SMTP_URL;
  return {
    method: given.SMTP_AUTH_METHOD ?? 'auto',
    username: url ? url.username : given.SMTP_USERNAME,
    password: url ? url.password : given.SMTP_PASSWORD,
    ntlmDomain: given.SMTP_NTLM_DOMAIN,
    ntlmWorkstation: given.SMTP_NTLM_WORKSTATION,
    oauth2,
  };
}

function judgeMethod({ method, username }: Auth, findings: Findings): void {
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
}

// A password beside OAuth2 is most often the one that no longer worked. To use it as a second
// way in was left out: nobody would see that the first one is broken.
function judgeTokenSignIn(
  { method, username, password }: Auth,
  fromUrl: boolean,
  tokenSettings: readonly string[],
  findings: Findings,
): void {
  const others = new Intl.ListFormat('en').format(tokenSettings);
  if (password !== undefined)
    findings.refuse(
      'SETTING_CONFLICT',
      fromUrl ? 'SMTP_URL' : 'SMTP_PASSWORD',
      'With OAuth2 an access token signs in, and the password would be ignored.',
      fromUrl
        ? `Write SMTP_URL=smtp://user@host:587 without the password, or remove ${others}.`
        : `Remove SMTP_PASSWORD, or, to sign in with it, remove ${others}.`,
    );
  else if (username === undefined)
    findings.refuse(
      'SETTING_MISSING',
      fromUrl ? 'SMTP_URL' : 'SMTP_USERNAME',
      'An access token signs in to a mailbox, and none is named.',
      fromUrl
        ? 'Write SMTP_URL=smtp://name%40your-domain@host:587 with the address of the mailbox.'
        : 'Write SMTP_USERNAME=name@your-domain with the address of the mailbox.',
    );
  if (!byToken.includes(method))
    findings.refuse(
      'SETTING_CONFLICT',
      'SMTP_AUTH_METHOD',
      'This method takes no access token, and what is set for OAuth2 would be ignored.',
      `Write SMTP_AUTH_METHOD=xoauth2, or remove ${others}.`,
    );
}

function refuseWithoutOAuth2(method: string, findings: Findings): void {
  findings.refuse(
    'SETTING_MISSING',
    'SMTP_OAUTH2_CLIENT_ID',
    `SMTP_AUTH_METHOD=${method} signs in with an access token, and nothing says how to get one.`,
    'Write SMTP_OAUTH2_CLIENT_ID=…, SMTP_OAUTH2_CLIENT_SECRET=… and SMTP_OAUTH2_TOKEN_URL=… as the provider gave them, or SMTP_AUTH_METHOD=auto to sign in with a password.',
  );
}

function judgeNtlm(
  given: SmtpReading,
  { method, username }: Auth,
  wantsToken: boolean,
  findings: Findings,
): void {
  if (method === 'ntlm' && username)
    judgeNtlmUser(username, given.SMTP_URL !== undefined, findings);
  if (method === 'ntlm' || (method === 'auto' && !wantsToken)) return;
  const other = method === 'auto' ? 'OAuth2' : `SMTP_AUTH_METHOD=${method}`;
  for (const name of ['SMTP_NTLM_DOMAIN', 'SMTP_NTLM_WORKSTATION'] as const)
    if (given[name] !== undefined)
      findings.refuse(
        'SETTING_CONFLICT',
        name,
        `It says something about NTLM only, and ${other} signs in another way.`,
        wantsToken ? `Remove ${name}.` : `Remove ${name}, or write SMTP_AUTH_METHOD=ntlm.`,
      );
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
