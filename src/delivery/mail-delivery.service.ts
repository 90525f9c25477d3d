import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SmtpSettings } from '#mailer-config';
import { Renderer } from '#message';
import { Metrics } from '#metrics';
import { type Attempt, type ClaimedMail, Outbox, type Settlement, transitions } from '#outbox';
import { SETTINGS, type Settings } from '#settings';
import { type OutgoingMessage, SmtpSender, type Verdict } from '#smtp';
import { SmtpAccounts } from '#smtp-account';
import { settlementOf } from './settlement.js';

/** Milliseconds in which everything before the final dot has to be done. */
const HANDOVER_DEADLINE = 240_000;

/** Seconds: longer than any try can last (the handover, then `SMTP_TIMEOUT_DATA`). */
export const LEASE = 400;

/** Injection token: a number in [0, 1), for the jitter. */
export const RANDOM = Symbol('gatepost:random');

/** What became of one try, until it is written down. */
export interface Try {
  mail: ClaimedMail;
  settlement: Settlement;
  attempt: Attempt;
  /** Undefined where the mail never came as far as a server. */
  verdict: Verdict | undefined;
}

/** One mail, once: render it, hand it to the server, write down what became of it. */
@Injectable()
export class MailDelivery {
  readonly #logger = new Logger('Delivery');

  constructor(
    private readonly outbox: Outbox,
    private readonly renderer: Renderer,
    private readonly accounts: SmtpAccounts,
    private readonly sender: SmtpSender,
    private readonly metrics: Metrics,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(RANDOM) private readonly random: () => number,
  ) {}

  /** @param claimedAt `performance.now()` at the claim; `mail.expiresInMs` counts from there */
  async handOver(mail: ClaimedMail, claimedAt: number): Promise<Try> {
    const remaining = mail.expiresInMs - (performance.now() - claimedAt);
    if (remaining <= 0) return unsent(mail, 'expire', 'It expired before a server took it');
    const account = this.accounts.current();
    if (!account) throw new Error('A mail was queued although no SMTP account is configured');
    let message: OutgoingMessage;
    try {
      message = this.#write(mail, account.footer);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return unsent(mail, 'reject', `It could not be written: ${reason}`);
    }
    const verdict = await this.#send(account, message, Math.min(HANDOVER_DEADLINE, remaining));
    return {
      mail,
      settlement: settlementOf(verdict, mail.attempts, this.random()),
      attempt: { account: account.name, ...verdict },
      verdict,
    };
  }

  /**
   * What a server has said is said once; a database that is away for a moment must not make us
   * forget it and send again. So this keeps trying for as long as the lease is ours.
   */
  async writeDown(done: Try, owner: string): Promise<void> {
    const { mail, settlement, attempt } = done;
    const giveUpAt = performance.now() + (LEASE * 1_000) / 2;
    for (;;) {
      try {
        const ours = await this.outbox.settle(mail.id, owner, settlement, attempt);
        if (!ours) this.#logger.warn({ mailId: mail.id }, 'The lease of this mail was lost');
        break;
      } catch (error) {
        if (performance.now() > giveUpAt) throw error;
        this.#logger.warn({ mailId: mail.id, err: error }, 'Not written down yet; trying again');
        await sleep(1_000);
      }
    }
    this.#report(done);
  }

  /** @param deadline milliseconds until the handover is given up, if the final dot is not out */
  async #send(account: SmtpSettings, message: OutgoingMessage, deadline: number): Promise<Verdict> {
    const handover = new AbortController();
    const timer = setTimeout(() => handover.abort(), deadline);
    try {
      return await this.sender.send(account, message, handover.signal);
    } finally {
      clearTimeout(timer);
    }
  }

  #write(mail: ClaimedMail, footer: string | undefined): OutgoingMessage {
    const { mailRedirectTo } = this.settings;
    const context = { ...mail, footer };
    const { language, ...rendered } = this.renderer.render(
      mail.kind,
      this.outbox.open(mail),
      context,
    );
    const message = {
      ...rendered,
      messageId: mail.messageId,
      date: mail.createdAt,
      // What it is written in, which is not what was asked for where there is no such template.
      locale: language,
    };
    return mailRedirectTo
      ? {
          ...message,
          to: mailRedirectTo,
          originalTo: mail.to,
          subject: `[to ${mail.to}] ${rendered.subject}`,
        }
      : { ...message, to: mail.to };
  }

  #report({ mail, settlement, attempt, verdict }: Try): void {
    const { id: mailId, kind, attempts } = mail;
    const { account, outcome, stage, replyCode, enhancedCode, durationMs } = attempt;
    const facts = { mailId, kind, account, attempts, outcome, stage, replyCode, enhancedCode };
    this.metrics.attempts.inc({ kind, outcome });
    const { to } = transitions[settlement.transition];
    if (to !== 'queued') this.metrics.ended.inc({ kind, status: to });
    if (outcome === 'accepted') {
      this.accounts.succeeded();
      const seconds = (Date.now() - mail.createdAt.getTime()) / 1_000;
      this.metrics.secondsToAccepted.observe({ kind }, seconds);
      this.#logger.log({ ...facts, durationMs: Math.round(durationMs) }, 'Accepted by the server');
      return;
    }
    const error = 'error' in settlement ? settlement.error : '';
    if (verdict) this.metrics.smtpErrors.inc({ account, stage, outcome });
    if (outcome === 'account-failed') this.accounts.failed(error);
    this.#logger.warn(facts, error);
  }
}

function unsent(mail: ClaimedMail, transition: 'expire' | 'reject', error: string): Try {
  const attempt: Attempt = {
    account: undefined,
    stage: transition === 'expire' ? 'queue' : 'render',
    outcome: 'rejected',
    replyCode: undefined,
    enhancedCode: undefined,
    reply: error,
    durationMs: 0,
    transcript: [],
  };
  return { mail, settlement: { transition, error }, attempt, verdict: undefined };
}
