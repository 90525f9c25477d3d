import { requestAccessToken } from '#oauth2';
import { NoAccessToken } from '#smtp';
import type { CauseCode } from './causes.js';
import { type Examination, failed, type Outcome, passed, skipped } from './examination.js';
import type { Evidence } from './report.js';

/**
 * What a token endpoint's refusal means, by the words that RFC 6749 and the providers have for it.
 * The specific before the general: Microsoft's number says more than its `invalid_client`.
 */
const REFUSALS: readonly (readonly [RegExp, CauseCode])[] = [
  [/AADSTS7000222\b/, 'OAUTH_SECRET_EXPIRED'],
  [/AADSTS7000215\b/, 'OAUTH_SECRET_WRONG'],
  [/AADSTS(?:90002|900023|700016|50020|500011)\b/, 'OAUTH_WRONG_TENANT'],
  [/AADSTS(?:65001|65004|650052)\b|\bconsent_required\b|\baccess_denied\b/, 'OAUTH_CONSENT'],
  [/AADSTS(?:70011|1002012|28002)\b|\binvalid_scope\b/, 'OAUTH_WRONG_SCOPE'],
  [/AADSTS(?:700082|70008|50173|70043|50078)\b/, 'OAUTH_REFRESH_EXPIRED'],
  [
    /AADSTS(?:700024|500133)\b|reasonable timeframe|\biat\b.*\bexp\b|token used too (?:early|late)/i,
    'OAUTH_CLOCK_SKEW',
  ],
  [/\binvalid_client\b|\bunauthorized_client\b|AADSTS(?:700027|7000218)\b/, 'OAUTH_INVALID_CLIENT'],
  [/\binvalid_grant\b/, 'OAUTH_REFRESH_EXPIRED'],
  [/something that is no|redirects requests|more than \d+ KiB/, 'OAUTH_ENDPOINT_NOT_JSON'],
  [
    /can not be reached|did not answer|can not give a token|is not accepted/,
    'OAUTH_ENDPOINT_UNREACHABLE',
  ],
];

/** Gets an access token as the transport would, for an account that signs in by one. */
export async function checkOAuth2(examination: Examination): Promise<Outcome> {
  const { plan, options, limits, encrypted, verified } = examination;
  const { auth } = plan;
  const isWanted =
    auth.oauth2 !== undefined && (auth.method === 'auto' || isTokenMethod(auth.method));
  if (!auth.oauth2 || !isWanted) return skipped('the account signs in without tokens');
  if (encrypted && !verified) return skipped('the certificate is not verified');
  const began = performance.now();
  const deadline = Math.round(examination.within(limits.oauth2));
  const signal = AbortSignal.any([
    AbortSignal.timeout(deadline),
    ...(options.signal ? [options.signal] : []),
  ]);
  try {
    const token = options.tokens
      ? {
          accessToken: await options.tokens.accessToken(plan, { signal }),
          expiresIn: undefined,
          refreshToken: undefined,
        }
      : await requestAccessToken(auth.oauth2, {
          username: auth.username ?? '',
          reach: plan.reach,
          deadline,
          signal,
        });
    examination.secrets.add(token.accessToken);
    examination.token = token.accessToken;
    const lives = token.expiresIn === undefined ? '' : `, good for ${token.expiresIn} s`;
    const ms = Math.round(performance.now() - began);
    const replaced: Evidence[] = token.refreshToken
      ? [{ kind: 'note', text: 'the provider gave a new refresh token as well; it is not kept' }]
      : [];
    if (token.refreshToken) examination.secrets.add(token.refreshToken);
    return passed(
      { kind: 'token', text: `access token${lives}`, ms },
      ...claimsIn(token.accessToken),
      ...replaced,
    );
  } catch (error) {
    if (!(error instanceof NoAccessToken)) throw error;
    return refused(examination, error);
  }
}

const isTokenMethod = (method: string): boolean => method === 'xoauth2' || method === 'oauthbearer';

function refused(examination: Examination, { kind, message }: NoAccessToken): Outcome {
  const said = REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
  const code = said ?? BY_KIND[kind];
  const text = examination.log.shown(message);
  // the service's bad minute is never called a wrong credential
  const confidence = said && kind !== 'transient' ? 'certain' : 'likely';
  return failed(
    text,
    examination.found(code, {
      stage: 'oauth2',
      confidence,
      evidence: [{ kind: 'token', text }],
    }),
  );
}

const BY_KIND = {
  transient: 'OAUTH_ENDPOINT_UNREACHABLE',
  consent: 'OAUTH_REFRESH_EXPIRED',
  settings: 'OAUTH_INVALID_CLIENT',
} as const satisfies Record<NoAccessToken['kind'], CauseCode>;

/** For whom and what a token is, where it can be read (Microsoft's are JWTs, Google's are not). */
function claimsIn(token: string): Evidence[] {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims = JSON.parse(payload) as Record<string, unknown>;
    const wanted = ['aud', 'scp', 'roles', 'upn', 'preferred_username', 'appid'];
    const known = wanted.filter((name) => claims[name] !== undefined);
    if (known.length === 0) return [];
    const text = known.map((name) => `${name}: ${JSON.stringify(claims[name])}`).join(', ');
    return [{ kind: 'token', text: text.slice(0, 300) }];
  } catch {
    return [];
  }
}
