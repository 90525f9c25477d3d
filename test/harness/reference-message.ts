import MailComposer from 'nodemailer/lib/mail-composer';
import { encodeWord } from 'nodemailer/lib/mime-funcs';
import MimeNode from 'nodemailer/lib/mime-node';
import type { SmtpSettings } from '#mailer-config';
import type { OutgoingMessage } from '#smtp';

/** The message as nodemailer composes it: to a reader it has to say the same as ours. */
export async function referenceMessage(
  account: SmtpSettings,
  message: OutgoingMessage,
): Promise<Buffer> {
  const { to, messageId, date, text, html, locale, originalTo } = message;
  const composer = new MailComposer({
    from: { name: nameOf(account), address: account.sender.address },
    to: { name: '', address: to },
    replyTo: account.replyTo,
    messageId,
    date,
    // it has its own ways with a CR alone and half a character, and they are not in question
    text: text.toWellFormed().replace(/\r\n|\r/g, '\n'),
    html: html.toWellFormed().replace(/\r\n|\r/g, '\n'),
    headers: {
      Subject: encoded(oneLine(message.subject)),
      'Content-Language': locale,
      'Auto-Submitted': 'auto-generated',
      'X-Auto-Response-Suppress': 'OOF, AutoReply, RN, NRN',
      ...(account.readReceiptTo && { 'Disposition-Notification-To': account.readReceiptTo }),
      ...(originalTo && { 'X-Original-To': encoded(originalTo) }),
    },
    newline: 'windows',
  });
  return await composer.compile().build();
}

/** Its fields that can differ from mail to mail, over nothing: a tenth of the work. */
export function referenceHeader(account: SmtpSettings, message: OutgoingMessage): Buffer {
  const root = new MimeNode('text/plain', { baseBoundary: 'none' });
  root.setHeader('From', { name: nameOf(account), address: account.sender.address });
  root.setHeader('To', { name: '', address: message.to });
  if (account.replyTo) root.setHeader('Reply-To', account.replyTo);
  root.setHeader('Subject', encoded(oneLine(message.subject)));
  root.setHeader('Message-ID', message.messageId);
  return Buffer.from(`${root.buildHeaders()}\r\n\r\n`, 'latin1');
}

// nodemailer passes on a subject that looks like an encoded word, unless it is told to encode it.
const encoded = (text: string) => ({
  prepared: true,
  foldLines: true,
  value: encodeWord(text, 'Q', 52),
});

/** The sender's name as it is shown: nothing in it can be taken for an encoded word. */
export const nameOf = ({ sender }: SmtpSettings): string =>
  oneLine(sender.name ?? '').replaceAll('=?', '= ?');

/** As text in a field is shown: one line, no controls, nothing at its ends. */
export const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .trim();
