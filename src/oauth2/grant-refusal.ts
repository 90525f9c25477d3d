import type { OAuth2Settings } from '#mailer-config';
import { escapeControls, NoAccessToken } from '#smtp';

/** What was asked for: a grant of the settings, or tokens for the code of a consent. */
export type GrantStep = OAuth2Settings['grant'] | 'authorization_code';

/** What a provider answered with (RFC 6749 section 5.2). */
export interface ProviderError {
  /** One of the RFC's, or the provider's own. */
  readonly error: string;
  /** Whatever the provider likes. */
  readonly error_description?: string | undefined;
}

export interface GrantContext {
  readonly step: GrantStep;
  readonly settings: OAuth2Settings;
  /** For the command that is named; undefined: the account has no name yet. */
  readonly accountName: string | undefined;
  /** What was sent and must not be repeated to anybody. */
  readonly secrets: readonly (string | undefined)[];
}

/** Characters of what a provider says that people are shown. */
const LONGEST_QUOTE = 200;

/** Whether somebody has to consent again, in the words of RFC 6749, OpenID Connect and Microsoft. */
const CONSENT = new Set([
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
  'account_selection_required',
]);

const TRANSIENT = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

/** What a provider's refusal means for the account. */
export function refusal(answer: ProviderError, context: GrantContext): NoAccessToken {
  const host = URL.parse(context.settings.tokenUrl)?.host ?? 'The provider';
  const said = quote(answer, context.secrets);
  if (TRANSIENT.has(answer.error))
    return new NoAccessToken(
      'transient',
      `${host} can not give a token at the moment (${said}). It is tried again.`,
    );
  if (context.step === 'refresh_token' && CONSENT.has(answer.error))
    return new NoAccessToken(
      'consent',
      `${host} no longer takes what was consented to (${said}). ${consentAgain(context)}`,
    );
  if (context.step === 'authorization_code' && CONSENT.has(answer.error))
    return new NoAccessToken('consent', `${host} did not take the code (${said}). Begin again.`);
  return new NoAccessToken(
    'settings',
    `${host} gives no token (${said}). ${whatToCheck(answer.error, context.step)}`,
  );
}

/** How to get an account back to work that needs consent. */
export function consentAgain({
  settings,
  accountName,
}: Pick<GrantContext, 'settings' | 'accountName'>): string {
  if (!settings.authorizationUrl) return 'Set SMTP_OAUTH2_REFRESH_TOKEN to a new one.';
  // A name comes from the API and is put where people copy it into a shell.
  const name =
    accountName === undefined ? '' : ` --account '${accountName.replaceAll("'", `'\\''`)}'`;
  return `Run: gatepost oauth2 authorize${name}`;
}

function whatToCheck(error: string, step: GrantStep): string {
  switch (error) {
    case 'invalid_client':
      return 'Check SMTP_OAUTH2_CLIENT_ID and SMTP_OAUTH2_CLIENT_SECRET; a secret may have run out.';
    case 'invalid_scope':
      return 'Check SMTP_OAUTH2_SCOPE.';
    case 'unsupported_grant_type':
      return 'Check SMTP_OAUTH2_GRANT and SMTP_OAUTH2_TOKEN_URL.';
    case 'invalid_grant':
      if (step === 'service_account')
        return "Check SMTP_OAUTH2_SERVICE_KEY_FILE, that SMTP_USERNAME is a mailbox of the domain, and this machine's clock.";
      break;
    case 'unauthorized_client':
    case 'access_denied':
      return step === 'service_account'
        ? 'Give the service account domain-wide delegation for the scope of SMTP_OAUTH2_SCOPE in the admin console.'
        : 'Allow the application this grant in the console of the provider, and have an administrator consent to it.';
    default:
  }
  return 'Check what is set for OAuth2.';
}

/** What the provider said, as it can be shown: no secret, no control character, not long. */
export function quote(
  { error, error_description: description }: ProviderError,
  secrets: readonly (string | undefined)[],
): string {
  const masked = secrets
    .filter((secret): secret is string => !!secret)
    .flatMap((secret) => [secret, encodeURIComponent(secret)])
    .reduce(
      (text, secret) => text.replaceAll(secret, '***'),
      [error, description].filter((part) => typeof part === 'string').join(': '),
    );
  const characters = [...escapeControls(masked)];
  return characters.length > LONGEST_QUOTE
    ? `${characters.slice(0, LONGEST_QUOTE - 1).join('')}…`
    : characters.join('');
}
