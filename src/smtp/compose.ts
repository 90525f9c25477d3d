import { strict as assert } from 'node:assert';
import { createHash } from 'node:crypto';
import * as base64 from 'nodemailer/lib/base64';
import { encodeWord } from 'nodemailer/lib/mime-funcs';
import MimeNode from 'nodemailer/lib/mime-node';
import type { SmtpSettings } from '#mailer-config';
import { dkimSignature } from './dkim.js';
import { quotedPrintable } from './quoted-printable.js';
import { ComposeError } from './smtp.errors.js';

/** One message to one recipient, rendered. */
export interface OutgoingMessage {
  /** With its angle brackets; the same on every retry. */
  readonly messageId: string;
  readonly date: Date;
  /** Canonical address; on the wire exactly as given. */
  readonly to: string;
  readonly subject: string;
  readonly html: string;
  readonly text: string;
  /** BCP 47. */
  readonly locale: string;
  /** The recipient it was meant for, when it is redirected. */
  readonly originalTo?: string | undefined;
}

export interface Envelope {
  /** Reverse-path; empty for none. */
  readonly from: string;
  /** The recipient first. What follows gets a copy, and can't make the message fail. */
  readonly to: readonly string[];
}

export interface ComposedMessage {
  readonly envelope: Envelope;
  /** 7-bit, lines end in CRLF and have at most 998 octets (RFC 5322 section 2.1.1). */
  readonly raw: Buffer;
  /** It has octets from 0x80 on, and MAIL has to say so. */
  readonly eightBit: boolean;
}

const CRLF = '\r\n';
const LINE_LENGTH = 76;

/**
 * Makes the octets of a message: the same for the same input, so that each retry sends the same.
 * Text first, then HTML (RFC 2046 section 5.1.4: the best last).
 * @throws ComposeError when it can't be put on the wire as it is
 */
export function composeMessage(
  account: SmtpSettings,
  message: OutgoingMessage,
  _eightBit = false,
): ComposedMessage {
  const envelope = envelopeOf(account, message);
  const root = new MimeNode('multipart/alternative', {
    // "=_" can't occur in quoted-printable or base64, so no content looks like a boundary
    boundaryPrefix: '=_',
    baseBoundary: createHash('sha256').update(message.messageId).digest('hex').slice(0, 24),
    disableFileAccess: true,
    disableUrlAccess: true,
  } as ConstructorParameters<typeof MimeNode>[1]);
  addHeaders(root, account, message);
  // What nodemailer made of the address has to be the address: its parser has misread some
  // (GHSA-mm7p-fcc7-pg87 and its successors).
  assert.deepEqual(root.getEnvelope().to, [message.to]);

  const parts = [part(root, 'text/plain', message.text), part(root, 'text/html', message.html)];
  const delimiter = `--${boundaryOf(root)}`;
  const body = `${parts.map((each) => `${delimiter}${CRLF}${each}${CRLF}`).join('')}${delimiter}--${CRLF}`;
  const headers = `${root.buildHeaders()}${CRLF}`;
  const signature = account.dkim ? dkimSignature(account.dkim, headers, body) : '';
  const raw = Buffer.from(`${signature}${headers}${CRLF}${body}`, 'latin1');
  assertFitForTheWire(raw);
  return { envelope, raw, eightBit: false };
}

/** @throws ComposeError when a recipient or sender can not be put on the wire */
export function checkEnvelope(account: SmtpSettings, message: OutgoingMessage): void {
  envelopeOf(account, message);
}

function envelopeOf(account: SmtpSettings, message: OutgoingMessage): Envelope {
  const from = account.returnPath ?? account.sender.address;
  // While mail is redirected nobody else gets a copy: that is what redirecting is for.
  const copies = account.bcc && !message.originalTo && account.bcc !== message.to;
  const to = copies ? [message.to, account.bcc] : [message.to];
  assertMailbox('message', 'recipient', message.to);
  assertMailbox('account', 'SMTP_SENDER', account.sender.address);
  assertMailbox('account', 'SMTP_RETURN_PATH', from);
  if (copies) assertMailbox('account', 'SMTP_BCC', account.bcc);
  return { from, to };
}

function addHeaders(root: MimeNode, account: SmtpSettings, message: OutgoingMessage): void {
  // nodemailer quotes or encodes the name; one that looks encoded already must not be read so
  const name = singleLine(account.sender.name ?? '').replaceAll('=?', '= ?');
  root.setHeader('From', { name, address: account.sender.address });
  root.setHeader('To', { name: '', address: message.to });
  if (account.replyTo) root.setHeader('Reply-To', account.replyTo);
  // folded by nodemailer, and otherwise left alone
  const subject = { prepared: true, foldLines: true, value: unstructured(message.subject) };
  root.setHeader('Subject', subject);
  root.setHeader('Message-ID', message.messageId);
  root.setHeader('Date', message.date);
  root.setHeader('Content-Language', message.locale);
  // RFC 3834: keeps vacation programs quiet; the second does so for Exchange.
  root.setHeader('Auto-Submitted', 'auto-generated');
  root.setHeader('X-Auto-Response-Suppress', 'OOF, AutoReply, RN, NRN');
  if (account.readReceiptTo) root.setHeader('Disposition-Notification-To', account.readReceiptTo);
  if (message.originalTo) root.setHeader('X-Original-To', message.originalTo);
}

function unstructured(text: string): string {
  const clean = singleLine(text);
  return mustBeEncoded(clean) ? encoded(clean) : clean;
}

// Text that looks like an encoded word must not become one on the reader's side, and a word that
// can't be folded must not make a line longer than allowed.
const mustBeEncoded = (text: string): boolean =>
  !/^[\x20-\x7e]*$/.test(text) || text.includes('=?') || /\S{60}/.test(text);

const encoded = (text: string): string =>
  encodeWord(text, fitsQuotedPrintable(text) ? 'Q' : 'B', 52);

const singleLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();

// Quoted-printable triples each octet that is not ASCII, base64 adds a third to all of them. They
// break even at one in six; a character outside ASCII has at most twice its surplus in octets.
function fitsQuotedPrintable(text: string): boolean {
  const octets = Buffer.byteLength(text);
  return (octets - text.length) * 2 <= octets / 6;
}

function part(root: MimeNode, type: 'text/plain' | 'text/html', content: string): string {
  const text = content.toWellFormed().replace(/\r\n|\r|\n/g, CRLF);
  const encoding = fitsQuotedPrintable(text) ? 'quoted-printable' : 'base64';
  const body =
    encoding === 'base64' ? base64.wrap(base64.encode(text), LINE_LENGTH) : quotedPrintable(text);
  const node = root.createChild(`${type}; charset=utf-8`);
  node.setHeader('Content-Transfer-Encoding', encoding);
  return `${node.buildHeaders()}${CRLF}${CRLF}${body}`;
}

function boundaryOf(root: MimeNode): string {
  root.buildHeaders(); // decides the boundary
  assert(typeof root.boundary === 'string');
  return root.boundary;
}

// RFC 5321 Mailbox without quoted strings, as the address slice lets them in.
const MAILBOX = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9[][\w.:-]*\]?$/;

function assertMailbox(fault: 'account' | 'message', what: string, address: string): void {
  if (MAILBOX.test(address) && address.length <= 254) return;
  throw new ComposeError(fault, `The ${what} is no address that can be sent to. Correct it.`);
}

const CR = 0x0d;
const LF = 0x0a;

// RFC 5321 section 2.3.8 and RFC 5322 section 2.1.1; a stray CR or LF is how mail is smuggled
// (CVE-2023-51764).
function assertFitForTheWire(raw: Buffer): void {
  let lineStart = 0;
  for (let at = 0; at < raw.length; at += 1) {
    const octet = raw[at] as number;
    if (octet === 0 || octet >= 0x80) assert.fail('not 7-bit');
    if (octet === CR && raw[at + 1] !== LF) assert.fail('a CR without LF');
    if (octet !== LF) continue;
    if (raw[at - 1] !== CR) assert.fail('an LF without CR');
    if (at - 1 - lineStart > 998) assert.fail('a line of more than 998 octets');
    lineStart = at + 1;
  }
}
