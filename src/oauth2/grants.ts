import {
  allowInsecureRequests,
  type ClientAuth,
  ClientError,
  ClientSecretPost,
  Configuration,
  customFetch,
  clientCredentialsGrant,
  genericGrantRequest,
  None,
  refreshTokenGrant,
  ResponseBodyError,
  type TokenEndpointResponse,
} from 'openid-client';
import type { Reach } from '#egress';
import type { OAuth2Settings } from '#mailer-config';
import { NoAccessToken } from '#smtp';
import { signAssertion } from './assertion.js';
import { consentAgain, type GrantContext, refusal } from './grant-refusal.js';
import { checkTokenUrl, tokenEndpointFetch } from './token-endpoint.js';

/** What a token endpoint gave. */
export interface GrantedTokens {
  readonly accessToken: string;
  /** Seconds; undefined: it does not tell (RFC 6749 section 5.1). */
  readonly expiresIn: number | undefined;
  /** Stands in for the one that was sent, if any. */
  readonly refreshToken: string | undefined;
}

/** For whom, and how far one may go for it. */
export interface TokenRequest {
  /** The mailbox. */
  readonly username: string;
  readonly reach: Reach;
  /** A newer one than that of the settings. */
  readonly refreshToken?: string | undefined;
  /** For sentences that name a command; undefined: the account of the environment, or none yet. */
  readonly accountName?: string | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds; 10 s unless given. */
  readonly deadline?: number | undefined;
}

/** Everything of Gmail over SMTP; Google knows no narrower one. */
const GOOGLE_MAIL = 'https://mail.google.com/';

/**
 * One request for an access token, by the grant of the settings. It keeps nothing.
 *
 * @throws {NoAccessToken}
 */
export function requestAccessToken(
  settings: OAuth2Settings,
  request: TokenRequest,
): Promise<GrantedTokens> {
  switch (settings.grant) {
    case 'client_credentials':
      return byClientCredentials(settings, request);
    case 'refresh_token':
      return byRefreshToken(settings, request);
    case 'service_account':
      return byServiceAccount(settings, request);
    default:
      return settings.grant satisfies never;
  }
}

/**
 * Tokens for the code of a consent (RFC 6749 section 4.1.3, RFC 7636).
 *
 * @throws {NoAccessToken} `consent`: the provider does not take the code
 */
export function exchangeCode(
  settings: OAuth2Settings,
  { code, redirectUri, codeVerifier }: { code: string; redirectUri: string; codeVerifier: string },
  request: Omit<TokenRequest, 'username' | 'refreshToken'>,
): Promise<GrantedTokens> {
  const context = {
    step: 'authorization_code',
    settings,
    accountName: request.accountName,
    secrets: [settings.clientSecret, code, codeVerifier],
  } as const;
  return granted(context, () =>
    genericGrantRequest(configuration(settings, request), 'authorization_code', {
      code,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
    }),
  );
}

/** What openid-client knows of a provider; there is no discovery, since the settings say it all. */
export function configuration(
  settings: OAuth2Settings,
  request: Pick<TokenRequest, 'reach' | 'signal' | 'deadline'>,
): Configuration {
  const url = checkTokenUrl(settings.tokenUrl);
  const { clientId, clientSecret, serviceAccount } = settings;
  const config = new Configuration(
    {
      issuer: url.origin,
      token_endpoint: url.href,
      ...(settings.authorizationUrl && { authorization_endpoint: settings.authorizationUrl }),
    },
    clientId ?? serviceAccount?.email ?? '',
    undefined,
    // In the body, where Google's and Microsoft's own documents have it: the percent-encoding that
    // RFC 6749 section 2.3.1 wants in the header is done by few and undone by fewer.
    clientSecret ? ClientSecretPost(clientSecret) : clientId ? None() : byAssertionAlone,
  );
  config[customFetch] = tokenEndpointFetch(request);
  // On loopback, where both were judged already; openid-client knows no such exception.
  if (isHttp(url.href) || isHttp(settings.authorizationUrl)) allowInsecureRequests(config);
  return config;
}

const isHttp = (address: string | undefined): boolean => address?.startsWith('http:') ?? false;

/** The assertion says who it is (RFC 7521 section 4.1); there is no client beside it. */
const byAssertionAlone: ClientAuth = () => {};

function byClientCredentials(
  settings: OAuth2Settings,
  request: TokenRequest,
): Promise<GrantedTokens> {
  const { accountName } = request;
  const secrets = [settings.clientSecret];
  return granted({ step: 'client_credentials', settings, accountName, secrets }, () =>
    clientCredentialsGrant(configuration(settings, request), scopeOf(settings)),
  );
}

async function byRefreshToken(
  settings: OAuth2Settings,
  request: TokenRequest,
): Promise<GrantedTokens> {
  const { accountName, refreshToken = settings.refreshToken } = request;
  if (!refreshToken)
    throw new NoAccessToken(
      'consent',
      `Nobody has consented yet that mail is sent by this account. ${consentAgain({ settings, accountName })}`,
    );
  const secrets = [settings.clientSecret, refreshToken];
  const tokens = await granted({ step: 'refresh_token', settings, accountName, secrets }, () =>
    refreshTokenGrant(configuration(settings, request), refreshToken, scopeOf(settings)),
  );
  return tokens.refreshToken === refreshToken ? { ...tokens, refreshToken: undefined } : tokens;
}

/** RFC 7523 section 2.1: the assertion is the grant. */
async function byServiceAccount(
  settings: OAuth2Settings,
  request: TokenRequest,
): Promise<GrantedTokens> {
  const { accountName, username } = request;
  const { serviceAccount, tokenUrl, scope = GOOGLE_MAIL } = settings;
  if (!serviceAccount)
    throw new NoAccessToken(
      'settings',
      'A service account signs in with its key. Set SMTP_OAUTH2_SERVICE_KEY_FILE.',
    );
  const assertion = await signAssertion(serviceAccount, {
    subject: username,
    audience: tokenUrl,
    scope,
  });
  return granted({ step: 'service_account', settings, accountName, secrets: [assertion] }, () =>
    genericGrantRequest(
      configuration(settings, request),
      'urn:ietf:params:oauth:grant-type:jwt-bearer',
      { assertion },
    ),
  );
}

const scopeOf = ({ scope }: OAuth2Settings): Record<string, string> => (scope ? { scope } : {});

async function granted(
  context: GrantContext,
  ask: () => Promise<TokenEndpointResponse>,
): Promise<GrantedTokens> {
  try {
    const answer = await ask();
    if (answer.token_type === 'bearer' && isToken(answer.access_token))
      return {
        accessToken: answer.access_token,
        expiresIn: answer.expires_in,
        refreshToken: answer.refresh_token,
      };
  } catch (error) {
    if (error instanceof NoAccessToken) throw error;
    const { cause } = error as Error;
    // What the fetch above throws comes back wrapped.
    if (cause instanceof NoAccessToken) throw cause;
    if (error instanceof ResponseBodyError) throw refusal(error, context);
    if (!(error instanceof ClientError)) throw error;
  }
  const { host } = new URL(context.settings.tokenUrl);
  throw new NoAccessToken(
    'settings',
    `${host} answered with something that is no bearer token. Check SMTP_OAUTH2_TOKEN_URL.`,
  );
}

/** RFC 6749 appendix A.12, without the blank; anything else could end the line that it stands in. */
const isToken = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);
