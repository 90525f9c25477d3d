import type { CauseCode } from './causes.js';

/** What speaks at a port, by its first octets. */
export type Speaker =
  | 'smtp'
  /** A TLS record: a handshake goes on. */
  | 'tls'
  /** A TLS alert: it speaks TLS, and refuses. */
  | 'tls-alert'
  /** Text that is no protocol known here. */
  | 'text'
  | OtherService;

type OtherService = 'http' | 'imap' | 'pop3' | 'sieve' | 'ssh' | 'ftp' | 'lmtp' | 'binary';

/** The cause for each service that is not SMTP. */
export const NOT_SMTP = {
  http: 'NOT_SMTP_HTTP',
  imap: 'NOT_SMTP_IMAP',
  pop3: 'NOT_SMTP_POP3',
  sieve: 'NOT_SMTP_SIEVE',
  ssh: 'NOT_SMTP_SSH',
  ftp: 'NOT_SMTP_FTP',
  lmtp: 'NOT_SMTP_LMTP',
  binary: 'NOT_SMTP_BINARY',
} as const satisfies Record<OtherService, CauseCode>;

// FTP (RFC 959) and LMTP (RFC 2033) greet with 220 as SMTP does, and say what they are in words.
const FTP = /\b(?:ftpd?|vsftpd|proftpd|pure-ftpd|filezilla)\b/i;
const LMTP = /\bLMTP\b/i;

const GREETINGS: readonly (readonly [RegExp, OtherService])[] = [
  [/^HTTP\/\d|^<(?:!doctype|html)/i, 'http'],
  [/^\* (?:OK|BYE|PREAUTH)\b/i, 'imap'],
  [/^[+-](?:OK|ERR)\b/, 'pop3'],
  [/^"IMPLEMENTATION"/i, 'sieve'],
  [/^SSH-\d/, 'ssh'],
];

/** Tells by the first octets that came who speaks there. */
export function speakerOf(octets: Buffer): Speaker {
  if (octets[1] === 0x03 && octets[0] === 0x16) return 'tls';
  if (octets[1] === 0x03 && octets[0] === 0x15) return 'tls-alert';
  const text = octets.toString('latin1');
  const service = GREETINGS.find(([pattern]) => pattern.test(text))?.[1];
  if (service) return service;
  const greeting = firstReply(text);
  if (/^[245]\d\d(?:[ \-\r\n]|$)/.test(text)) {
    // the name of a host may have any of these words
    if (/\bE?SMTP\b/i.test(greeting)) return 'smtp';
    if (FTP.test(greeting)) return 'ftp';
    return LMTP.test(greeting) ? 'lmtp' : 'smtp';
  }
  // oxlint-disable-next-line no-control-regex -- what no text protocol says
  return /[\0-\x08\x0e-\x1f\x7f-\xff]/.test(text.slice(0, 64)) ? 'binary' : 'text';
}

/** Stars instead of the words of the greeting: Cisco's "inspect esmtp" was here. */
export const isMasked = (greeting: string): boolean => /^2?2?0?[ -]?\*{3,}/.test(greeting);

const firstReply = (text: string): string => text.split(/\r?\n(?!\d{3}-)/, 1)[0] ?? '';
