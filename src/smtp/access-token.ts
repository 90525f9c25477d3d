import type { SmtpSettings } from '#mailer-config';

/** Injection token: the {@link AccessTokenSource} that accounts with OAuth2 sign in by. */
export const ACCESS_TOKENS = Symbol('gatepost:access-tokens');

/** Where the wire gets access tokens from; it knows nothing of how they are made or kept. */
export interface AccessTokenSource {
  /**
   * A token that is good now, for an account with `auth.oauth2`.
   *
   * @param options.rejected the token that the server has just refused: another one is wanted
   * @throws {NoAccessToken} where there is none to be had
   */
  accessToken(
    account: SmtpSettings,
    options: { readonly rejected?: string | undefined; readonly signal: AbortSignal },
  ): Promise<string>;
}

/** No access token could be got, so that nobody can sign in. */
export class NoAccessToken extends Error {
  constructor(
    /**
     * `transient`: the token endpoint is down or slow; later it may work. `consent`: what was
     * granted is gone, and a person has to consent again. `settings`: an operator has to mend them.
     */
    readonly kind: 'transient' | 'consent' | 'settings',
    /** For people: what happened and what to do next; never a secret. */
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
