import type { Reach } from '#egress';
import type { Rung } from './pipelining.js';
import type { OAuth2Settings } from './oauth2-settings.js';
import type { SmtpProxy } from './smtp-proxy.js';

/** How one SMTP account is reached: what the SMTP_* settings say, validated and resolved. */
export interface SmtpSettings {
  /** `environment` (the built-in inbox too), or the id of an account in the database. */
  readonly id: string;
  /** `environment`, `inbox` (the built-in one) or the name given over the API. */
  readonly name: string;
  /** Who set it: decides how its settings are called where people read of them. */
  readonly source: 'environment' | 'database';
  /** Which hosts it may lead to. */
  readonly reach: Reach;
  readonly host: string;
  readonly port: number;
  /** RFC 8314 implicit TLS, STARTTLS (RFC 3207), or clear text. */
  readonly security: 'implicit-tls' | 'starttls' | 'clear';
  /** With `starttls`: go on in clear text when the server does not offer it? Never with true. */
  readonly requireTls: boolean;
  readonly tls: {
    /** `TLSv1.2` or `TLSv1.3`. */
    readonly minVersion: 'TLSv1.2' | 'TLSv1.3';
    /** OpenSSL cipher list. */
    readonly ciphers: string | undefined;
    /** PEM. */
    readonly ca: string | undefined;
    readonly cert: string | undefined;
    readonly key: string | undefined;
    /** The name to verify; undefined: `host`. */
    readonly servername: string | undefined;
    /** Accept any certificate. */
    readonly insecure: boolean;
  };
  readonly auth: {
    readonly method:
      'auto' | 'none' | 'plain' | 'login' | 'cram-md5' | 'ntlm' | 'xoauth2' | 'oauthbearer';
    readonly username: string | undefined;
    readonly password: string | undefined;
    /** Of a Windows account; undefined: the server's own. */
    readonly ntlmDomain: string | undefined;
    /** What we call this machine in NTLM. */
    readonly ntlmWorkstation: string | undefined;
    /** Sign in with an access token instead of the password. */
    readonly oauth2: OAuth2Settings | undefined;
  };
  readonly sender: { readonly name: string | undefined; readonly address: string };
  readonly replyTo: string | undefined;
  /** Envelope sender (RFC 5321 reverse-path); undefined: the sender's address. */
  readonly returnPath: string | undefined;
  readonly bcc: string | undefined;
  readonly readReceiptTo: string | undefined;
  readonly footer: string | undefined;
  /** What we call ourselves in EHLO. */
  readonly ehloName: string;
  readonly localAddress: string | undefined;
  /** Undefined: the server is reached directly. */
  readonly proxy: SmtpProxy | undefined;
  readonly dkim:
    { readonly domain: string; readonly selector: string; readonly privateKey: string } | undefined;
  readonly maxConnections: number;
  /** The highest rung that mails may be on; see {@link RUNGS}. */
  readonly pipelining: Rung;
  /** Mails under way at once on a connection, on the highest rung. */
  readonly maxInFlight: number;
  readonly maxPerMinute: number | undefined;
  readonly maxPerDay: number | undefined;
  /** Hard deadlines in milliseconds. */
  readonly timeouts: {
    readonly connect: number;
    readonly greeting: number;
    readonly command: number;
    readonly data: number;
  };
}

/** Injection token: {@link SmtpSettings} of the environment, undefined without SMTP_HOST. */
export const SMTP_SETTINGS = Symbol('gatepost:smtp-settings');
