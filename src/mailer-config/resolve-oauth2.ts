import type { Environment, Findings } from '#settings';
import {
  judgeGrant,
  judgeIssuer,
  oauth2Names,
  remarkOnConsent,
  remarkOnSecret,
} from './oauth2-completeness.js';
import { type Grant, issuerOf, type OAuth2Provider } from './oauth2-providers.js';
import type { OAuth2Settings } from './oauth2-settings.js';
import { presetOfHost } from './provider-presets.js';
import type { SmtpReading } from './resolve-account.js';

/**
 * How access tokens are got, with what is known of the provider.
 *
 * @param host of the mail server; undefined: it is at fault itself
 * @returns undefined where something is missing or at fault
 */
export function resolveOAuth2(
  given: SmtpReading,
  host: string | undefined,
  environment: Environment,
  findings: Findings,
): OAuth2Settings | undefined {
  if (findings.isRefused('SMTP_OAUTH2_GRANT')) return undefined;
  const key = given.SMTP_OAUTH2_SERVICE_KEY_FILE;
  const named = given.SMTP_OAUTH2_TOKEN_URL ?? key?.tokenUrl;
  const issuer = issuerOf(named, host === undefined ? undefined : presetOfHost(host)?.oauth2);
  const grant = given.SMTP_OAUTH2_GRANT ?? grantBy(environment, issuer);
  judgeGrant(grant, issuer, environment, findings);
  if (issuer) judgeIssuer(grant, issuer, named, environment, findings);
  remarkOnSecret(given.SMTP_OAUTH2_CLIENT_SECRET, issuer, findings);
  const known = issuer?.grants[grant];
  const tokenUrl = named ?? known?.tokenUrl;
  if (
    !tokenUrl &&
    !issuer &&
    host !== undefined &&
    !findings.isRefused('SMTP_OAUTH2_SERVICE_KEY_FILE')
  )
    findings.refuse(
      'SETTING_MISSING',
      'SMTP_OAUTH2_TOKEN_URL',
      'Nothing says where access tokens come from.',
      'Write SMTP_OAUTH2_TOKEN_URL=https://… with the token endpoint that your provider documents.',
    );
  if (!tokenUrl || findings.isRefused(...oauth2Names)) return undefined;
  const authorizationUrl =
    grant === 'refresh_token'
      ? (given.SMTP_OAUTH2_AUTHORIZE_URL ?? authorizationUrlOf(issuer, tokenUrl))
      : undefined;
  if (grant === 'refresh_token' && given.SMTP_OAUTH2_REFRESH_TOKEN === undefined)
    remarkOnConsent(authorizationUrl, findings);
  return {
    grant,
    tokenUrl,
    authorizationUrl,
    clientId: given.SMTP_OAUTH2_CLIENT_ID,
    clientSecret: given.SMTP_OAUTH2_CLIENT_SECRET,
    scope: given.SMTP_OAUTH2_SCOPE ?? known?.scope,
    refreshToken: given.SMTP_OAUTH2_REFRESH_TOKEN,
    serviceAccount: key && { email: key.email, keyId: key.keyId, privateKey: key.privateKey },
  };
}

// Where an application can not sign in by itself, its secret goes with the consent of a person.
function grantBy(environment: Environment, issuer: OAuth2Provider | undefined): Grant {
  if (environment.has('SMTP_OAUTH2_SERVICE_KEY_FILE')) return 'service_account';
  const mayBeItself = !issuer || issuer.grants.client_credentials !== undefined;
  const hasSecret = environment.has('SMTP_OAUTH2_CLIENT_SECRET');
  const consented = environment.has('SMTP_OAUTH2_REFRESH_TOKEN');
  return hasSecret && !consented && mayBeItself ? 'client_credentials' : 'refresh_token';
}

function authorizationUrlOf(
  issuer: OAuth2Provider | undefined,
  tokenUrl: string,
): string | undefined {
  return issuer && (issuer.authorizationUrl ?? tokenUrl.replace(/\/token$/, '/authorize'));
}
