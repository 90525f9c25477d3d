import { requestAccessToken } from '#oauth2';
import { NoAccessToken } from '#smtp';
import { type Examination, failed, type Outcome, passed, skipped } from './examination.js';
import type { Evidence } from './report.js';
import { tokenCause } from './token-causes.js';

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
      ...claimsIn(examination, token.accessToken),
      ...replaced,
    );
  } catch (error) {
    if (!(error instanceof NoAccessToken)) throw error;
    return refused(examination, error);
  }
}

const isTokenMethod = (method: string): boolean => method === 'xoauth2' || method === 'oauthbearer';

function refused(examination: Examination, { kind, message }: NoAccessToken): Outcome {
  const { code, confidence } = tokenCause(kind, message);
  const text = examination.log.shown(message);
  return failed(
    text,
    examination.found(code, {
      stage: 'oauth2',
      confidence,
      evidence: [{ kind: 'token', text }],
    }),
  );
}

/** For whom and what a token is, where it can be read (Microsoft's are JWTs, Google's are not). */
function claimsIn(examination: Examination, token: string): Evidence[] {
  try {
    const payload = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString('utf8');
    const claims = JSON.parse(payload) as Record<string, unknown>;
    const wanted = ['aud', 'scp', 'roles', 'upn', 'preferred_username', 'appid'];
    const known = wanted.filter((name) => claims[name] !== undefined);
    if (known.length === 0) return [];
    const text = known.map((name) => `${name}: ${JSON.stringify(claims[name])}`).join(', ');
    return [{ kind: 'token', text: examination.log.shown(text, 300) }];
  } catch {
    return [];
  }
}
