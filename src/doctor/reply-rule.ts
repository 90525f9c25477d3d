import type { Verdict } from '#smtp';
import type { CauseCode } from './causes.js';
import type { Finding } from './report.js';

/** What the reply answers; `tls` is STARTTLS, `dot` the end of the message. */
export type ReplyStage = Exclude<Verdict['stage'], 'dns' | 'tcp'>;

/** A reply that is no yes, with what is known of the session it came in. */
export interface JudgedReply {
  readonly stage: ReplyStage;
  readonly code: number;
  /** As `5.7.8` (RFC 3463). */
  readonly enhancedCode?: string | undefined;
  /** All lines without their codes, joined by blanks. */
  readonly text: string;
  /** As SMTP_HOST names it. */
  readonly host: string;
  /** The text of the greeting: it tells a provider behind an alias or an address. */
  readonly banner?: string | undefined;
  readonly username?: string | undefined;
  /** Mail address in MAIL FROM, or in From. */
  readonly sender?: string | undefined;
  /** Mail address in RCPT TO. */
  readonly recipient?: string | undefined;
  /** Is the connection encrypted by now? */
  readonly tls: boolean;
  /** Sign-in methods that the server offers, in capitals. */
  readonly authOffered: readonly string[];
  readonly signedIn: boolean;
  /** The method of the sign-in that is answered, in capitals. */
  readonly method?: string | undefined;
}

export interface ReplyDiagnosis {
  readonly code: CauseCode;
  readonly confidence: Finding['confidence'];
}

/** How to know a provider: by the name of its server, or by its own words in the greeting. */
export const providers = {
  google: { host: /(?:^|\.)(?:gmail|google|googlemail)\.com$/, banner: /\bgsmtp$/ },
  microsoft: {
    host: /(?:^|\.)(?:outlook|office365|hotmail|live)\.com$/,
    banner: /^\S+\.(?:outlook|office365)\.com Microsoft ESMTP/i,
  },
  amazon: {
    host: /(?:^|\.)amazonaws\.com$/,
    banner: /^\S*amazonaws\.com ESMTP|SimpleEmailService/,
  },
  sendgrid: { host: /(?:^|\.)sendgrid\.net$/, banner: /^SG ESMTP/ },
  mailgun: { host: /(?:^|\.)mailgun\.(?:org|net|com)$/, banner: /^\S*mailgun\.(?:org|net) / },
  postmark: { host: /(?:^|\.)postmarkapp\.com$/, banner: /^\S*postmarkapp\.com / },
  sparkpost: { host: /(?:^|\.)sparkpostmail\.com$/, banner: /^\S*sparkpostmail\.com / },
  resend: { host: /(?:^|\.)resend\.com$/, banner: /^Resend\b/ },
  mailtrap: { host: /(?:^|\.)mailtrap\.io$/, banner: /^\S*mailtrap\.io / },
  brevo: { host: /(?:^|\.)(?:brevo|sendinblue)\.com$/, banner: /^\S*(?:brevo|sendinblue)\.com / },
  yahoo: { host: /(?:^|\.)(?:yahoo|aol)\.com$/, banner: /^\S*\.(?:yahoo|aol)\.com / },
  naver: { host: /(?:^|\.)naver\.com$/, banner: /^\S*\.naver\.com / },
} as const;

type Provider = keyof typeof providers;

/** One line of the table: all that is named must hold. */
export interface ReplyRule {
  readonly means: CauseCode | ((reply: JudgedReply) => CauseCode | ReplyDiagnosis | undefined);
  readonly confidence: Finding['confidence'];
  /**
   * The class of the code. A wording alone never turns "not now" (4) into something to change, or
   * the other way round: a rule says it where that is known to happen.
   */
  readonly of: 4 | 5 | 'any';
  readonly at?: readonly ReplyStage[];
  readonly codes?: readonly number[];
  /** The enhanced code. */
  readonly enhanced?: RegExp;
  readonly text?: RegExp;
  /** Words that anybody could say mean this only from them. */
  readonly from?: Provider;
}

export const TRANSACTION: readonly ReplyStage[] = ['mail', 'rcpt', 'data', 'dot'];

export function isFrom(provider: Provider, { host, banner }: JudgedReply): boolean {
  const known = providers[provider];
  return known.host.test(host.toLowerCase()) || known.banner.test(banner?.trim() ?? '');
}

export function matches(rule: ReplyRule, reply: JudgedReply): boolean {
  const { of, at, codes, enhanced, text, from } = rule;
  return (
    (of === 'any' || Math.floor(reply.code / 100) === of) &&
    (!at || at.includes(reply.stage)) &&
    (!codes || codes.includes(reply.code)) &&
    (!enhanced || enhanced.test(reply.enhancedCode ?? '')) &&
    (!from || isFrom(from, reply)) &&
    (!text || text.test(reply.text))
  );
}

/** Was it an access token that was refused? */
export function isTokenSignIn({ method }: JudgedReply): boolean {
  return method === 'XOAUTH2' || method === 'OAUTHBEARER';
}

/** What a refused sign-in means where nothing else is said of it. */
export function refusedSignIn(reply: JudgedReply) {
  const { method, username = '', text } = reply;
  if (isTokenSignIn(reply)) return 'OAUTH_TOKEN_REFUSED';
  if (method === 'NTLM' && /[\\/]/.test(username))
    return { code: 'NTLM_DOMAIN', confidence: 'guess' } as const;
  if (isFrom('google', reply)) return 'GMAIL_APP_PASSWORD';
  if (!username.includes('@') && /(?:full|complete) (?:e-?mail|mail) address/i.test(text))
    return 'USERNAME_FORM';
  return 'AUTH_BAD_CREDENTIALS';
}
