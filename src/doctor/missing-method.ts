import type { SmtpSettings } from '#mailer-config';
import type { CauseCode } from './causes.js';

const BY_TOKEN: readonly string[] = ['XOAUTH2', 'OAUTHBEARER'];
const OF_WINDOWS: readonly string[] = ['NTLM', 'GSSAPI', 'GSS-SPNEGO'];

/** What it means that the server offers no way to sign in that the account has credentials for. */
export function missingMethod(
  { auth }: Pick<SmtpSettings, 'auth'>,
  offered: readonly string[],
): CauseCode {
  if (offered.length === 0) return 'AUTH_NOT_OFFERED';
  const byToken = auth.oauth2 !== undefined || BY_TOKEN.includes(auth.method.toUpperCase());
  if (byToken) return 'AUTH_MECH_NO_OAUTH2';
  if (offered.every((method) => BY_TOKEN.includes(method))) return 'AUTH_MECH_OAUTH2_ONLY';
  if (offered.every((method) => OF_WINDOWS.includes(method))) return 'AUTH_MECH_NTLM_ONLY';
  return 'AUTH_MECH_UNSUPPORTED';
}
