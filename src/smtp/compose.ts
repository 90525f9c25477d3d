import { hash } from 'node:crypto';
import type { SmtpSettings } from '#mailer-config';
import { dkimSignature } from './dkim.js';
import { field, mailbox, unstructured } from './header-field.js';
import { MessageOctets } from './message-octets.js';
import { ComposeError } from './smtp.errors.js';
import { DELIMITER_START, writeTextPart } from './transfer-encoding.js';
import { assertFitForTheWire } from './wire-format.js';

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
  /** Lines end in CRLF and have at most 998 octets (RFC 5322 section 2.1.1). */
  readonly raw: Buffer;
  /** Are there octets from 0x80 in it, so that MAIL needs BODY=8BITMIME (RFC 6152)? */
  readonly eightBit: boolean;
}

const CRLF = '\r\n';

// One for all: composing never waits for anything.
const octets = new MessageOctets();

/**
 * Makes the octets of a message: the same for the same input, so that each retry sends the same.
 * Text first, then HTML (RFC 2046 section 5.1.4: the best last).
 * @param eightBit does the server take octets from 0x80 in a body (8BITMIME)?
 * @throws ComposeError when it can't be put on the wire as it is
 */
export function composeMessage(
  account: SmtpSettings,
  message: OutgoingMessage,
  eightBit = false,
): ComposedMessage {
  const envelope = envelopeOf(account, message);
  // A relay that has to make 7 bits of 8 breaks the signature (RFC 6376 section 5.3).
  const mayBeEightBit = eightBit && !account.dkim;
  const boundary = boundaryOf(message.messageId);
  const header = headerOf(account, message, boundary);
  octets.cutTo(0);
  octets.ascii(header + CRLF);
  const bodyStart = octets.length;
  octets.ascii(`--${boundary}${CRLF}`);
  const text = writeTextPart(octets, 'plain', message.text, mayBeEightBit);
  octets.ascii(`${CRLF}--${boundary}${CRLF}`);
  const html = writeTextPart(octets, 'html', message.html, mayBeEightBit);
  octets.ascii(`${CRLF}--${boundary}--${CRLF}`);
  const isEightBit = text === '8bit' || html === '8bit';
  const unsigned = octets.copy();
  const raw = account.dkim
    ? Buffer.concat([
        Buffer.from(dkimSignature(account.dkim, header, octets.textFrom(bodyStart))),
        unsigned,
      ])
    : unsigned;
  assertFitForTheWire(raw, isEightBit);
  return { envelope, raw, eightBit: isEightBit };
}

/** "=_" is what no encoded content has; the rest is there to tell one message from another. */
function boundaryOf(messageId: string): string {
  return `${DELIMITER_START.slice(2)}-${hash('sha256', messageId).slice(0, 24)}-Part_1`;
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

/** The fields that are the same in each mail of an account, encoded once. */
interface AccountFields {
  readonly from: string;
  readonly replyTo: string;
  readonly automatic: string;
}

const accountFields = new WeakMap<SmtpSettings, AccountFields>();

function fieldsOf(account: SmtpSettings): AccountFields {
  const known = accountFields.get(account);
  if (known) return known;
  const { sender, replyTo, readReceiptTo } = account;
  if (replyTo) assertMailbox('account', 'SMTP_REPLY_TO', replyTo);
  if (readReceiptTo) assertMailbox('account', 'SMTP_READ_RECEIPT_TO', readReceiptTo);
  const fields = {
    from: field('From', mailbox(sender.name ?? '', sender.address)),
    replyTo: replyTo ? field('Reply-To', mailbox('', replyTo)) : '',
    // RFC 3834: keeps vacation programs quiet; the second does so for Exchange.
    automatic:
      field('Auto-Submitted', 'auto-generated') +
      field('X-Auto-Response-Suppress', 'OOF, AutoReply, RN, NRN') +
      (readReceiptTo ? field('Disposition-Notification-To', mailbox('', readReceiptTo)) : ''),
  };
  accountFields.set(account, fields);
  return fields;
}

function headerOf(account: SmtpSettings, message: OutgoingMessage, boundary: string): string {
  const { from, replyTo, automatic } = fieldsOf(account);
  return (
    from +
    field('To', mailbox('', message.to)) +
    replyTo +
    field('Subject', unstructured(message.subject)) +
    field('Message-ID', identifier(message.messageId)) +
    field('Date', message.date.toUTCString().replace('GMT', '+0000')) +
    field('Content-Language', unstructured(message.locale)) +
    automatic +
    (message.originalTo ? field('X-Original-To', unstructured(message.originalTo)) : '') +
    `MIME-Version: 1.0${CRLF}Content-Type: multipart/alternative;${CRLF} boundary="${boundary}"${CRLF}`
  );
}

// RFC 5322 section 3.6.4: printable, without white space. It is ours, so nothing should be amiss.
const identifier = (messageId: string): string =>
  /^<[!-;=?-~]+>$/.test(messageId) ? messageId : `<${messageId.replace(/[^!-;=?-~]/g, '')}>`;

// RFC 5321 Mailbox without quoted strings, as the address slice lets them in.
const MAILBOX = /^[\w!#$%&'*+/=?^`{|}~-]+(?:\.[\w!#$%&'*+/=?^`{|}~-]+)*@[A-Za-z0-9[][\w.:-]*\]?$/;

function assertMailbox(fault: 'account' | 'message', what: string, address: string): void {
  if (MAILBOX.test(address) && address.length <= 254) return;
  throw new ComposeError(fault, `The ${what} is no address that can be sent to. Correct it.`);
}
