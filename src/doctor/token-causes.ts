import type { NoAccessToken } from '#smtp';
import type { CauseCode } from './causes.js';

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

const BY_KIND = {
  transient: 'OAUTH_ENDPOINT_UNREACHABLE',
  consent: 'OAUTH_REFRESH_EXPIRED',
  settings: 'OAUTH_INVALID_CLIENT',
} as const satisfies Record<NoAccessToken['kind'], CauseCode>;

/** @param message of the failure, which has the words of the provider */
export function tokenCause(
  kind: NoAccessToken['kind'],
  message: string,
): { readonly code: CauseCode; readonly confidence: 'certain' | 'likely' } {
  const said = REFUSALS.find(([pattern]) => pattern.test(message))?.[1];
  // the service's bad minute is never called a wrong credential
  const confidence = said && kind !== 'transient' ? 'certain' : 'likely';
  return { code: said ?? BY_KIND[kind], confidence };
}
