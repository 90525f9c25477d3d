import { callbackify } from 'node:util';
import { Inject, Injectable } from '@nestjs/common';
import type { MailMessage, SentMessageInfo, Transport } from 'nodemailer';
import type { SmtpSettings } from '#mailer-config';
import { dkimSignature } from './dkim.js';
import { SmtpSender } from './smtp-sender.service.js';
import type { Verdict } from './verdict.js';

/** What `MailerService.sendMail` throws when a recipient did not get the message. */
export class SmtpSendError extends Error {
  constructor(readonly verdict: Verdict) {
    super(verdict.sentence);
  }
}

/** The account that is first in order now; undefined: there is none. */
export type CurrentAccount = () => SmtpSettings | undefined;

/** Injection token: {@link CurrentAccount}. */
export const CURRENT_ACCOUNT = Symbol('gatepost:current-account');

type Done = (error: Error | null, info?: SentMessageInfo) => void;

/**
 * The road of our own mails as a nodemailer transport, so that whoever injects `MailerService`
 * sends by it too. Each recipient is a transaction of its own, as in the outbox.
 */
@Injectable()
export class SmtpTransport implements Transport<SentMessageInfo> {
  readonly name = 'gatepost';
  readonly version = '1';
  readonly supportsAbortSignal = true;

  constructor(
    private readonly sender: SmtpSender,
    @Inject(CURRENT_ACCOUNT) private readonly currentAccount: CurrentAccount,
  ) {}

  send(mail: MailMessage<SentMessageInfo>, done: Done): void {
    callbackify(async () => await this.#deliver(mail))(done);
  }

  async #deliver(mail: MailMessage<SentMessageInfo>): Promise<SentMessageInfo> {
    const account = this.currentAccount();
    if (!account)
      throw new Error('There is no SMTP account to send with yet. Set SMTP_HOST, or add one.');
    const { message, data } = mail;
    const { name = '', address } = account.sender;
    if (!message.getHeader('From')) message.setHeader('From', { name, address });
    const envelope = message.getEnvelope();
    const from = account.returnPath ?? (envelope.from || address);
    const raw = signed(account, wholeLines(await message.build()));

    const verdicts: { to: string; verdict: Verdict }[] = [];
    for (const to of envelope.to) {
      assertEnvelope(from, to);
      const one = { envelope: { from, to: [to] }, raw, eightBit: false };
      verdicts.push({ to, verdict: await this.sender.handOver(account, one, data.signal) });
    }
    const accepted = verdicts.filter(({ verdict }) => verdict.outcome === 'accepted');
    const [failed] = verdicts.filter(({ verdict }) => verdict.outcome !== 'accepted');
    if (failed && accepted.length === 0) throw new SmtpSendError(failed.verdict);
    return {
      envelope: { from, to: envelope.to },
      messageId: message.messageId(),
      accepted: accepted.map(({ to }) => to),
      rejected: envelope.to.filter((to) => !accepted.some((each) => each.to === to)),
      response: verdicts.at(-1)?.verdict.reply,
      verdicts: verdicts.map(({ verdict }) => verdict),
    };
  }
}

const wholeLines = (raw: Buffer): Buffer =>
  Buffer.from(raw.toString('latin1').replace(/\r\n|\r|\n/g, '\r\n'), 'latin1');

function signed({ dkim }: SmtpSettings, raw: Buffer): Buffer {
  if (!dkim) return raw;
  const end = raw.indexOf('\r\n\r\n') + 2;
  const headers = raw.toString('latin1', 0, end);
  const body = raw.toString('latin1', end + 2);
  return Buffer.concat([Buffer.from(dkimSignature(dkim, headers, body)), raw]);
}

// An address that would need SMTPUTF8 or end its command early never reaches the wire.
function assertEnvelope(...addresses: string[]): void {
  for (const address of addresses)
    if (!/^[!-;=?-~]+@[!-;=?-~]+$/.test(address))
      throw new Error(`${JSON.stringify(address)} is no address that can be sent to.`);
}
