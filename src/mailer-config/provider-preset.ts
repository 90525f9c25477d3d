import type { OAuth2Provider } from './oauth2-providers.js';
import type { Security } from './tls-mode.js';

/** A way to sign in with SASL (RFC 4954), as the settings write it. */
export type SignInMethod = 'plain' | 'login' | 'cram-md5' | 'xoauth2' | 'oauthbearer';

/** What SMTP_USERNAME has to be, in words but where it is one fixed word. */
export type UserNameRule =
  /** The same for everybody; the first is the usual one. */
  | { readonly words: readonly [string, ...string[]] }
  /** A mail address. */
  | { readonly address: string }
  /** Whatever the provider hands out. */
  | { readonly issued: string };

/** How a user name or password of a provider can be told, as far as it fixes the form. */
export interface CredentialShape {
  readonly form: RegExp;
  /** The form in words; a sentence. */
  readonly words: string;
  /** What is often put there instead; a sentence each. */
  readonly mistaken?: readonly { readonly form: RegExp; readonly words: string }[];
}

/** What SMTP_PROVIDER stands for: how to reach a provider, and what to know about it. */
export interface ProviderPreset {
  /** As SMTP_PROVIDER names it. */
  readonly name: string;
  /** As people call it. */
  readonly provider: string;
  readonly host: string;
  readonly port: number;
  readonly security: Exclude<Security, 'clear'>;
  readonly username: UserNameRule;
  /** What SMTP_PASSWORD has to be, in words. */
  readonly password: string;
  readonly signIn: readonly SignInMethod[];
  /** PLAIN was seen to be offered and refused with a password that LOGIN is taken with. */
  readonly doubtsPlain?: true;
  readonly usernameShape?: CredentialShape;
  readonly passwordShape?: CredentialShape;
  /** A user name of this form is a token, and the password is the same one. */
  readonly oneToken?: RegExp;
  /** Limits that hold for every customer; one that depends on the plan stands in `note`. */
  readonly maxConnections?: number;
  readonly maxPerMinute?: number;
  readonly maxPerDay?: number;
  /** Largest message, in units of 1,000,000 octets as it is transferred. */
  readonly maxMegabytes?: number;
  /** The provider's own page. */
  readonly page: string;
  /** What people stumble over; a sentence or two. */
  readonly note?: string;
  /** Who issues access tokens for its mailboxes, where that is known. */
  readonly oauth2?: OAuth2Provider;
  /** Passwords are about to be refused, or are: why, a sentence. */
  readonly passwordsEnd?: string;
}
