/** What is sealed in a row. */
export interface HeldTokens {
  readonly accessToken?: string | undefined;
  /** The newest the provider gave; undefined: that of the settings. */
  readonly refreshToken?: string | undefined;
  /** The access token that a server refused and this one was got for. */
  readonly refused?: string | undefined;
}

/** A row, judged by the database's clock. */
export interface TokenState {
  readonly held: HeldTokens;
  /** The access token can be used, and it is early to get another one. */
  readonly isFresh: boolean;
  /** It can be used. */
  readonly isAlive: boolean;
  readonly needsConsent: string | undefined;
}

/**
 * The access token of a row, if it can be used: it is good for as long as is wanted, and is not
 * the one a server has refused. Where another was got for that one before, and it is the same
 * again, asking once more would be of no use.
 */
export function tokenIn(
  { held: { accessToken, refused }, ...state }: TokenState,
  rejected: string | undefined,
  wanted: 'isFresh' | 'isAlive',
): string | undefined {
  if (!accessToken || !state[wanted]) return undefined;
  return accessToken === rejected && refused !== rejected ? undefined : accessToken;
}
