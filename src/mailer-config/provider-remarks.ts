import type { Findings } from '#settings';
import type { ProviderPreset } from './provider-preset.js';
import { presetOfHost } from './provider-presets.js';
import type { SmtpReading } from './resolve-account.js';
import type { SmtpSettings } from './smtp-settings.js';

/**
 * What is known of the provider behind a host and speaks against the way its server is to be
 * signed in to. A user name that can't be right is a fault with SMTP_PROVIDER and a warning with
 * SMTP_HOST alone: what we know may be out of date, and without the preset there is a way out.
 */
export function judgeSignIn(
  given: SmtpReading,
  host: string,
  auth: SmtpSettings['auth'],
  findings: Findings,
): void {
  const preset = presetOfHost(host);
  if (!preset || auth.username === undefined) return;
  judgeUserName(preset, auth.username, given, findings);
  if (preset.passwordsEnd && auth.password !== undefined)
    findings.warn(
      'M365_BASIC_AUTH_OFF',
      given.SMTP_URL ? 'SMTP_URL' : 'SMTP_PASSWORD',
      `${preset.passwordsEnd} OAuth2 stays.`,
      `Write SMTP_AUTH_METHOD=xoauth2 with ${tokenSettings(preset)} instead of the password; the README has the recipe.`,
    );
}

function tokenSettings({ oauth2 }: ProviderPreset): string {
  return oauth2?.grants.client_credentials
    ? 'SMTP_OAUTH2_TOKEN_URL=…, SMTP_OAUTH2_CLIENT_ID=… and SMTP_OAUTH2_CLIENT_SECRET=…'
    : 'SMTP_OAUTH2_CLIENT_ID=… and the consent of “gatepost oauth2 authorize”';
}

function judgeUserName(
  preset: ProviderPreset,
  username: string,
  given: SmtpReading,
  findings: Findings,
): void {
  const { username: rule, provider } = preset;
  if ('words' in rule && !rule.words.includes(username)) {
    const why = `${provider} has one user name for everybody, the word ${rule.words[0]}; who signs in is said by the ${given.SMTP_URL ? 'password' : 'API key in SMTP_PASSWORD'}.`;
    const instead = given.SMTP_URL
      ? `Write SMTP_URL=smtp://${rule.words[0]}:…@${preset.host}:${preset.port}.`
      : `Write SMTP_USERNAME=${rule.words[0]}.`;
    const setting = given.SMTP_URL ? 'SMTP_URL' : 'SMTP_USERNAME';
    if (given.SMTP_PROVIDER) findings.refuse('USERNAME_FORM', setting, why, instead);
    else findings.warn('USERNAME_FORM', setting, why, instead);
  }
  if ('address' in rule && !username.includes('@'))
    findings.warn(
      'USERNAME_FORM',
      given.SMTP_URL ? 'SMTP_URL' : 'SMTP_USERNAME',
      `At ${provider} user names are mail addresses, and this one has no @.`,
      given.SMTP_URL
        ? `Write SMTP_URL=smtp://name%40your-domain:…@${preset.host}:${preset.port}.`
        : 'Write SMTP_USERNAME=name@your-domain.',
    );
}
