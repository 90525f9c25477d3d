import type { SmtpSettings } from '#mailer-config';
import { CONNECTION_SENTENCES } from './connection-sentences.js';
import { presentable } from './masking.js';
import { type Reply, replyLine } from './reply.js';
import type { Cause } from './smtp.errors.js';
import type { Outcome, Stage } from './verdict.js';

/** What happened and what to do next, in one or two sentences for people. */
export function sentenceFor(
  account: SmtpSettings,
  stage: Stage,
  outcome: Outcome,
  cause: Cause,
): string {
  const server = `${account.host}:${account.port}`;
  const safe = (text: string): string => presentable(text, account.auth, 300);
  switch (cause.kind) {
    case 'policy':
      return cause.sentence;
    case 'reply':
      return forReply(account, stage, outcome, cause.reply, safe(replyLine(cause.reply)));
    case 'aborted':
      return outcome === 'unknown'
        ? `Sending was stopped before the server confirmed the message. ${MAYBE_THERE}`
        : 'Sending was stopped before the message was handed over. It is tried again later.';
    case 'deadline': {
      const waited = `${server} did not ${AWAITED[stage]} within ${cause.ms / 1000} s.`;
      return outcome === 'unknown' ? `${waited} ${MAYBE_THERE}` : `${waited} ${SILENT[stage]}`;
    }
    case 'malformed': {
      const said = `${server} answered with something that is not SMTP (${safe(cause.received)}).`;
      if (outcome === 'unknown') return `${said} ${MAYBE_THERE}`;
      return `${said} Check SMTP_HOST and SMTP_PORT.`;
    }
    case 'lost':
      return forLoss(account, stage, outcome, cause.code);
    default:
      return cause satisfies never;
  }
}

const MAYBE_THERE =
  'The message had been handed over whole, so it may have arrived; it is tried again later with the same Message-ID.';

const AWAITED: Readonly<Record<Stage, string>> = {
  dns: 'get resolved to an address',
  tcp: 'accept a connection',
  tls: 'finish the TLS handshake',
  greeting: 'send its greeting',
  ehlo: 'answer EHLO',
  auth: 'finish the sign-in',
  mail: 'answer MAIL FROM',
  rcpt: 'answer RCPT TO',
  data: 'take the message',
  dot: 'confirm the message',
};

const SLOW = 'Nothing was handed over; it is tried again.';
const SILENT: Readonly<Record<Stage, string>> = {
  dns: "Check SMTP_HOST and this machine's DNS.",
  tcp: 'Check SMTP_HOST and SMTP_PORT, and whether a firewall blocks outgoing mail.',
  tls: 'Check that the port and SMTP_TLS belong together: 465 with true, 587 with false.',
  greeting:
    'If this port speaks TLS from the first byte, as 465 does, set SMTP_TLS=true; otherwise the server is overloaded.',
  ehlo: SLOW,
  auth: SLOW,
  mail: SLOW,
  rcpt: SLOW,
  data: SLOW,
  dot: SLOW,
};

function forLoss(
  account: SmtpSettings,
  stage: Stage,
  outcome: Outcome,
  code: string | undefined,
): string {
  const { host, port, tls } = account;
  const server = `${host}:${port}`;
  if (outcome === 'unknown')
    return `The connection to ${server} ended before the message was confirmed. ${MAYBE_THERE}`;
  const place = { host, server, name: tls.servername ?? host, minVersion: tls.minVersion };
  const known = code === undefined ? undefined : CONNECTION_SENTENCES[code];
  const what =
    known?.(place) ??
    `The connection to ${server} ended ${MOMENT[stage]}${code === undefined ? '' : ` (${code})`}.`;
  return stage === 'dns' || stage === 'tcp' || (stage === 'tls' && known)
    ? what
    : `${what} ${SLOW}`;
}

const MOMENT: Readonly<Record<Stage, string>> = {
  dns: 'before it began',
  tcp: 'before it was made',
  tls: 'in the TLS handshake',
  greeting: 'before the greeting',
  ehlo: 'at EHLO',
  auth: 'during the sign-in',
  mail: 'at MAIL FROM',
  rcpt: 'at RCPT TO',
  data: 'before the whole message was handed over',
  dot: 'after the message',
};

function forReply(
  account: SmtpSettings,
  stage: Stage,
  outcome: Outcome,
  { code, enhancedCode }: Reply,
  said: string,
): string {
  if (outcome === 'accepted') return `The server accepted the message (${said}).`;
  if (outcome === 'unknown')
    return `The server answered the message in a way that says neither yes nor no (${said}). ${MAYBE_THERE}`;
  if (outcome === 'deferred')
    return `The server put the message off (${said}). It is tried again later.`;
  if (outcome === 'rejected') {
    if (code === 552 || enhancedCode?.endsWith('.3.4') || enhancedCode?.endsWith('.2.3'))
      return `The server finds the message too big, or the mailbox is full (${said}). It is not tried again.`;
    return stage === 'rcpt'
      ? `The server refused the recipient (${said}). Check the address; the mail is not tried again.`
      : `The server refused the message for good (${said}). It is not tried again.`;
  }
  return accountFault(account, stage, code, said);
}

function accountFault(account: SmtpSettings, stage: Stage, code: number, said: string): string {
  const server = `${account.host}:${account.port}`;
  if (code === 421) return `${server} is closing down or busy (${said}). ${SLOW}`;
  switch (stage) {
    case 'greeting':
      return `${server} does not accept connections from here (${said}). Ask its operator whether this machine may send.`;
    case 'ehlo':
      return `${server} refused to begin (${said}). Check SMTP_EHLO_NAME.`;
    case 'tls':
      return `${server} offers no encryption with STARTTLS (${said}), so nothing was sent. Check SMTP_PORT; port 465 needs SMTP_TLS=true.`;
    case 'auth':
      if (code < 500)
        return `The server can't check the sign-in at the moment (${said}). It is tried again.`;
      return code === 534 || code === 538
        ? `The server wants another way to sign in (${said}). Check SMTP_AUTH_METHOD, and whether it needs an application password.`
        : `The server refused the sign-in (${said}). Check SMTP_USERNAME and SMTP_PASSWORD.`;
    case 'mail':
    case 'rcpt':
    case 'data':
      if (code === 530 || code === 535)
        return `The server wants a sign-in first (${said}). Set SMTP_USERNAME and SMTP_PASSWORD.`;
      if (code === 454) return `The server can't take mail at the moment (${said}). ${SLOW}`;
      return stage === 'mail' && code >= 500
        ? `The server does not let this account send as the sender (${said}). Check SMTP_SENDER and SMTP_RETURN_PATH.`
        : `The server lost its thread (${said}). ${SLOW}`;
    default:
      return `${server} refused (${said}). ${SLOW}`;
  }
}
