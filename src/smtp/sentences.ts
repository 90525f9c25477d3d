import { inFieldNames, type SmtpSettings } from '#mailer-config';
import { CONNECTION_SENTENCES } from './connection-sentences.js';
import { type Credentials, presentable } from './masking.js';
import { refusalIn } from './refusals.js';
import { type Reply, replyLine } from './reply.js';
import type { Cause } from './smtp.errors.js';
import type { Outcome, Stage } from './verdict.js';

/**
 * What happened and what to do next, in one or two sentences for people, who read the names that
 * they know the settings of this account by.
 * @param credentials of which nothing is repeated
 */
export function sentenceFor(
  account: SmtpSettings,
  stage: Stage,
  outcome: Outcome,
  cause: Cause,
  credentials: Credentials,
): string {
  return namingSettings(account, sentence(account, stage, outcome, cause, credentials));
}

/** A text that names settings as in the environment; an account in the database has fields. */
export const namingSettings = ({ source }: SmtpSettings, text: string): string =>
  source === 'database' ? inFieldNames(text) : text;

function sentence(
  account: SmtpSettings,
  stage: Stage,
  outcome: Outcome,
  cause: Cause,
  credentials: Credentials,
): string {
  const server = `${account.host}:${account.port}`;
  const safe = (text: string): string => presentable(text, credentials, 300);
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
      const waited = `${stage === 'oauth2' ? 'The token endpoint' : server} did not ${AWAITED[stage]} within ${cause.ms / 1000} s.`;
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

/** What is said of every mail whose fate nobody knows. */
export const MAYBE_THERE =
  'The message had been handed over whole, so it may have arrived; it is tried again later with the same Message-ID.';

const AWAITED: Readonly<Record<Stage, string>> = {
  dns: 'get resolved to an address',
  tcp: 'accept a connection',
  tls: 'finish the TLS handshake',
  greeting: 'send its greeting',
  ehlo: 'answer EHLO',
  oauth2: 'give an access token',
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
  oauth2: `Check SMTP_OAUTH2_TOKEN_URL and the network. ${SLOW}`,
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
  oauth2: 'while an access token was fetched',
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
  reply: Reply,
  said: string,
): string {
  const { code, enhancedCode } = reply;
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
  return accountRefused(account, reply, said) ?? accountFault(account, stage, code, said);
}

function accountRefused(account: SmtpSettings, reply: Reply, said: string): string | undefined {
  const refusal = refusalIn(reply);
  switch (refusal) {
    case undefined:
      return undefined;
    case 'sender':
      return senderRefused(said);
    case 'relaying':
      return `The server takes mail only from those it knows (${said}). ${
        account.auth.method === 'none' || account.auth.username === undefined
          ? 'Set SMTP_USERNAME and SMTP_PASSWORD, or have its operator put this machine on its list.'
          : 'Check SMTP_SENDER, and with its operator whether this account may send.'
      }`;
    case 'limit':
      return `The server takes no more from this account for now (${said}). Mails wait until it does, or go by another account; raise the limit with its operator, or set SMTP_MAX_PER_DAY or SMTP_MAX_PER_MINUTE to it.`;
    case 'clear-text':
      return `The server wants encryption first (${said}). Set SMTP_REQUIRE_TLS=true.`;
    case 'client-certificate':
      return `The server wants a client certificate that it trusts (${said}). Check SMTP_TLS_CERT_FILE and SMTP_TLS_KEY_FILE.`;
    default:
      return refusal satisfies never;
  }
}

const senderRefused = (said: string): string =>
  `The server does not let this account send as the sender (${said}). Check SMTP_SENDER and SMTP_RETURN_PATH.`;

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
      if (usesTokens(account)) return tokenRefused(account, code, said);
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
        ? senderRefused(said)
        : `The server lost its thread (${said}). ${SLOW}`;
    default:
      return `${server} refused (${said}). ${SLOW}`;
  }
}

const usesTokens = ({ auth: { oauth2, method } }: SmtpSettings): boolean =>
  oauth2 !== undefined && ['auto', 'xoauth2', 'oauthbearer'].includes(method);

// After 535 another token was tried, so it is hardly the token's age. Microsoft says the same of everything
// but 5.7.139, by which it tells that SMTP AUTH is off for the mailbox or the tenant.
function tokenRefused({ auth }: SmtpSettings, code: number, said: string): string {
  const off = said.includes('5.7.139')
    ? 'SMTP AUTH is switched off for the mailbox or the whole organisation: have its administrator switch it on for the mailbox.'
    : 'Check that SMTP_USERNAME is the mailbox, that the application (SMTP_OAUTH2_CLIENT_ID) may send as it, that SMTP AUTH is switched on for it, and that SMTP_OAUTH2_SCOPE is the one for SMTP.';
  const twice = code === 535 ? ', and a fresh one too' : '';
  return `The server refused the access token for ${auth.username}${twice} (${said}). ${off}`;
}
