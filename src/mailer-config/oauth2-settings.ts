/** How access tokens are got (RFC 6749), to sign in by XOAUTH2 or OAUTHBEARER (RFC 7628). */
export interface OAuth2Settings {
  readonly grant: 'client_credentials' | 'refresh_token' | 'service_account';
  /** https, or http on loopback. */
  readonly tokenUrl: string;
  /** Where a person consents; undefined: not known, so that only `refreshToken` can be given. */
  readonly authorizationUrl: string | undefined;
  readonly clientId: string | undefined;
  /** Undefined: a public client (RFC 6749 section 2.1). */
  readonly clientSecret: string | undefined;
  /** Names separated by blanks. */
  readonly scope: string | undefined;
  /** The one that was set; a newer one that the provider gave instead is in the database. */
  readonly refreshToken: string | undefined;
  /** With `service_account`: who signs the assertion (RFC 7523). */
  readonly serviceAccount:
    | {
        readonly email: string;
        readonly keyId: string | undefined;
        /** PEM. */
        readonly privateKey: string;
      }
    | undefined;
}
