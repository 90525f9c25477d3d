import type { SmtpSettings } from '#mailer-config';
import type { NoAccessToken } from './access-token.js';
import { type Credentials, presentable } from './masking.js';
import type { ProxyFault } from './proxy.errors.js';
import { replyLine } from './reply.js';
import { sentenceFor } from './sentences.js';
import type { Cause } from './smtp.errors.js';
import type { Ending } from './submission.js';

/** How an attempt to hand one message over ended. Closed list. */
export const OUTCOMES = [
  /** The server took the message and the duty to deliver it (RFC 5321 section 6.1). */
  'accepted',
  /** Not now; the same message may be taken later. */
  'deferred',
  /** Never: this message, or this recipient, was refused for good. */
  'rejected',
  /** The whole message was handed over and no complete reply came: it may have arrived. */
  'unknown',
  /** Nothing was handed over and the account is at fault: another account may be tried. */
  'account-failed',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Where an attempt stood when it ended. Closed list. */
export const STAGES = [
  'dns',
  'tcp',
  'tls',
  'greeting',
  'ehlo',
  /** Getting an access token to sign in with. */
  'oauth2',
  'auth',
  'mail',
  'rcpt',
  'data',
  'dot',
] as const;
export type Stage = (typeof STAGES)[number];

/** Why we did not go on ourselves, where neither a reply nor Node has a name for it. Closed list. */
export type Fault =
  /** Credentials are there, and the server offers no way to use them. */
  | 'no-common-sign-in'
  /** There is no access token to be had. */
  | `token-${NoAccessToken['kind']}`
  /** The way through SMTP_PROXY; `unreachable`: the proxy itself. */
  | `proxy-${ProxyFault | 'unreachable'}`;

/** Everything that is known about one attempt; safe to store and to show. */
export interface Verdict {
  readonly outcome: Outcome;
  readonly stage: Stage;
  /** Three digits (RFC 5321 section 4.2); undefined when no complete reply decided. */
  readonly replyCode: number | undefined;
  /** As `5.1.1` (RFC 3463). */
  readonly enhancedCode: string | undefined;
  /** One line of at most 1 KiB, control characters escaped, credentials masked. */
  readonly reply: string | undefined;
  /**
   * Node's or OpenSSL's name for what ended the connection or kept it from coming to be, such as
   * `ECONNREFUSED`; `ETIMEDOUT` is a deadline of our own too. Undefined when nothing has one.
   */
  readonly errorCode?: string | undefined;
  /** What ended the attempt; `policy`: we did not go on ourselves, for `fault` or by its sentence. */
  readonly ending?: Cause['kind'] | undefined;
  readonly fault?: Fault | undefined;
  /** What happened and what to do next, for people. */
  readonly sentence: string;
  readonly durationMs: number;
  /** `C: …` and `S: …`, credentials masked, the message as one line. */
  readonly transcript: readonly string[];
}

/** @param ms that the attempt took */
export function verdictOf(
  account: SmtpSettings,
  { outcome, stage, why }: Ending,
  transcript: readonly string[],
  ms: number,
  credentials: Credentials,
): Verdict {
  const reply = why.kind === 'reply' ? why.reply : undefined;
  const said = reply ? replyLine(reply) : 'received' in why ? why.received : '';
  return {
    outcome,
    stage,
    replyCode: reply?.code,
    enhancedCode: reply?.enhancedCode,
    errorCode: errorCodeOf(why),
    ending: why.kind,
    fault: why.kind === 'policy' ? why.fault : undefined,
    reply: said === '' ? undefined : presentable(said, credentials),
    sentence: sentenceFor(account, stage, outcome, why, credentials),
    durationMs: Math.round(ms),
    transcript,
  };
}

const errorCodeOf = (why: Cause): string | undefined =>
  why.kind === 'lost' ? why.code : why.kind === 'deadline' ? 'ETIMEDOUT' : undefined;
