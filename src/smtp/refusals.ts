import type { Reply } from './reply.js';

/** What a server refuses while its code says something else, or nothing. Closed list. */
export type Refusal = 'sender' | 'relaying' | 'limit' | 'clear-text' | 'client-certificate';

// By their words, since the codes tell no more: Postfix judges sender and client only at RCPT, with
// the code of a refused recipient (smtpd_delay_reject); 530 stands for a missing sign-in (RFC 4954)
// as for missing encryption (RFC 3207); 421 and 535 for a missing certificate.
const WORDS: readonly (readonly [Refusal, RegExp])[] = [
  ['clear-text', /must issue a STARTTLS command/i],
  // Postfix: No client certificate presented; Dovecot: Client didn't present valid SSL certificate
  ['client-certificate', /client certificate|present valid SSL certificate/i],
  // Postfix; Exim
  ['sender', /sender address rejected|sender verify failed/i],
  // Postfix; Exim; sendmail and Zoho; Exchange
  [
    'relaying',
    /relay access denied|relay not permitted|relaying (denied|disallowed)|unable to relay/i,
  ],
  // How much may be sent by us. Gmail: Daily user sending limit exceeded; SES: Daily message quota
  // exceeded, Maximum sending rate exceeded; Exchange: SubmissionQuotaExceededException; Mailtrap:
  // too many emails per second; SendGrid: Maximum credits exceeded
  [
    'limit',
    /\b(daily|hourly|monthly) (\w+ )*(sending|message|messages|submission) (\w+ )*(quota|limit)|SubmissionQuotaExceeded|sending (rate|limit) exceeded|too many (e-?mails|messages) per (second|minute|hour|day)|maximum credits/i,
  ],
];

export function refusalIn({ lines }: Reply): Refusal | undefined {
  const text = lines.join(' ');
  return WORDS.find(([, words]) => words.test(text))?.[0];
}
