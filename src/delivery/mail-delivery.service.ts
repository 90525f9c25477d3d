import { Inject, Injectable, Logger } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { nameFailure } from '#doctor';
import type { SmtpSettings } from '#mailer-config';
import { Renderer } from '#message';
import { Metrics } from '#metrics';
import { type Attempt, type ClaimedMail, Outbox, type Settlement, transitions } from '#outbox';
import { mayReach, SETTINGS, type Settings } from '#settings';
import { NoConnectionFree, type OutgoingMessage, SmtpSender, type Verdict } from '#smtp';
import { AccountBreakers, SmtpAccounts } from '#smtp-account';
import type { Handover } from './handover.js';
import { AccountChoice } from './account-choice.service.js';
import { FailureLog } from './failure-log.service.js';
import { delayOf, settlementOf } from './settlement.js';
import { WorkerLease } from './worker-lease.service.js';

/** Milliseconds in which everything before the final dot has to be done. */
const HANDOVER_DEADLINE = 240_000;

/** Seconds at most after the pause of the only account by which a mail can go. */
const MOST_BEHIND = 60;

/**
 * Seconds, and `SMTP_TIMEOUT_DATA` beside them: longer than any try can last (a minute until its
 * turn, the handover, then the wait for the answer). What a living worker has forgotten it takes
 * back after that; see `WorkerLease` for what a dead one had.
 */
export const LEASE = 400;

/** Injection token: a number in [0, 1), for the jitter. */
export const RANDOM = Symbol('gatepost:random');

/** What became of one try, until it is written down. */
export interface Try {
  mail: ClaimedMail;
  settlement: Settlement;
  /** At least one; the last decided. */
  attempts: readonly [Attempt, ...Attempt[]];
  /** Undefined where the mail never came as far as a server. */
  verdict: Verdict | undefined;
}

/** What follows where no server was asked. */
type Untried = Exclude<Settlement, { transition: 'accept' | 'doubt' }>;

/** A verdict with the doctor's code for its cause. */
type NamedVerdict = Verdict & { readonly cause: string | undefined };

/** One mail, once: render it, hand it to a server, write down what became of it. */
@Injectable()
export class MailDelivery {
  readonly #logger = new Logger('Delivery');

  constructor(
    private readonly outbox: Outbox,
    private readonly renderer: Renderer,
    private readonly accounts: SmtpAccounts,
    private readonly breakers: AccountBreakers,
    private readonly sender: SmtpSender,
    private readonly metrics: Metrics,
    private readonly lease: WorkerLease,
    private readonly failures: FailureLog,
    private readonly choice: AccountChoice,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(RANDOM) private readonly random: () => number,
  ) {}

  /**
   * Over the account it was claimed for, and over the next one as long as nothing was handed over
   * and it is the account's fault. Each account sends in its own name; the Message-ID stays.
   *
   * @returns undefined where nothing was tried, for other workers have the account's connections
   */
  async handOver(handover: Handover): Promise<Try | undefined> {
    const { mail, owner, claimedAt } = handover;
    const remaining = mail.expiresInMs - (performance.now() - claimedAt);
    if (remaining <= 0)
      return await this.#untried(handover, {
        transition: 'expire',
        error: 'It expired before a server took it',
      });
    if (!mayReach(mail.to, this.settings))
      return await this.#untried(handover, {
        transition: 'hold',
        error: 'Its recipient is not in MAIL_ALLOW_TO',
      });
    const deadline = performance.now() + Math.min(HANDOVER_DEADLINE, remaining);
    // Who may have the mail: from another account it would be another mail.
    const holder = this.choice.inUse(mail.handedTo);
    const earlier: Attempt[] = [];
    let before: Verdict | undefined;
    const way = await this.choice.first(handover, holder);
    let account = way?.account;
    let isProbe = way?.isProbe ?? false;
    while (account) {
      const verdict = await this.#try(account, mail, owner, deadline, isProbe);
      if (typeof verdict === 'string')
        return await this.#untried(
          { ...handover, account, isProbe },
          { transition: 'reject', error: verdict },
        );
      if (verdict === undefined) {
        if (before) return this.#ended(mail, before, earlier);
        if (account === handover.account) return undefined;
        if (isProbe) await this.breakers.unprobe(account);
        // Other workers have all connections of the account that it was to come back by.
        account = holder ? undefined : await this.choice.asClaimed(handover);
        continue;
      }
      await this.breakers.learn(account, verdict, isProbe);
      const attempt: Attempt = { account: account.name, ...verdict };
      const asked = [...earlier, attempt].map((each) => each.account);
      const next =
        verdict.outcome === 'account-failed' && !holder && performance.now() < deadline
          ? await this.choice.next(handover, asked)
          : undefined;
      if (!next) return this.#ended(mail, verdict, [...earlier, attempt]);
      earlier.push(attempt);
      before = verdict;
      isProbe = false;
      this.#logger.warn(
        { mailId: mail.id, account: account.name, next: next.name },
        verdict.sentence,
      );
      account = next;
    }
    if (!holder) return undefined;
    return await this.#untried(
      { ...handover, isProbe: false },
      {
        transition: 'defer',
        error: `The SMTP account "${holder.name}" may have sent it already and can not be used now; from another one it would arrive twice. It waits for that account.`,
        retryInSeconds: Math.max(
          this.breakers.pauseLeft(holder) / 1_000,
          Math.min(MOST_BEHIND, delayOf(mail, this.random())),
        ),
      },
    );
  }

  /**
   * What a server has said is said once; a database that is away for a moment must not make us
   * forget it and send again. So this keeps trying for as long as the lease is ours.
   */
  async writeDown(done: Try, owner: string): Promise<void> {
    const { mail, settlement, attempts } = done;
    const giveUpAt = performance.now() + (LEASE * 1_000) / 2;
    for (;;) {
      try {
        const ours = await this.outbox.settle(mail.id, owner, settlement, attempts);
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

  /** @returns a verdict, or why the mail can't be written at all; undefined: no connection is free */
  async #try(
    account: SmtpSettings,
    mail: ClaimedMail,
    owner: string,
    deadline: number,
    isProbe: boolean,
  ): Promise<NamedVerdict | string | undefined> {
    let message: OutgoingMessage;
    try {
      message = this.#write(mail, account.footer);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return `It could not be written: ${reason}`;
    }
    // A connection from before the pause would only say that it is still open: were it believed,
    // all others would sign in at once, be refused, and begin with the shortest pause again.
    const over = isProbe ? 'fresh' : 'any';
    const mayHandOver = (): boolean => this.lease.isHeld(owner);
    const options = { notAfter: deadline, mayHandOver, over, patience: 0 } as const;
    try {
      const verdict = await this.sender.send(account, message, options);
      return withCause(verdict, account, message.to);
    } catch (error) {
      if (error instanceof NoConnectionFree) return undefined;
      throw error;
    }
  }

  /** What becomes of a mail that was not tried. */
  async #untried({ account, isProbe, mail }: Handover, settlement: Untried): Promise<Try> {
    if (isProbe) await this.breakers.unprobe(account);
    const isForAccount = settlement.transition === 'defer';
    const attempt: Attempt = {
      account: isForAccount ? (mail.handedTo ?? undefined) : undefined,
      stage: settlement.transition === 'reject' ? 'render' : 'queue',
      outcome: isForAccount ? 'account-failed' : 'rejected',
      replyCode: undefined,
      enhancedCode: undefined,
      reply: settlement.error,
      durationMs: 0,
      transcript: [],
    };
    return { mail, settlement, attempts: [attempt], verdict: undefined };
  }

  #ended(mail: ClaimedMail, verdict: Verdict, attempts: Attempt[]): Try {
    // Where every account is left alone it is for them to be waited for, not for the mail's turn.
    const waitsForAccounts = this.accounts
      .inOrder()
      .every((account) => this.breakers.stateOf(account) !== 'closed');
    const settlement = settlementOf(verdict, mail, waitsForAccounts, this.random());
    return { mail, settlement, attempts: attempts as [Attempt, ...Attempt[]], verdict };
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

  #report({ mail, settlement, attempts: lines, verdict }: Try): void {
    const { id: mailId, kind, attempts } = mail;
    for (const { outcome, account, stage } of lines) {
      this.metrics.attempts.inc({ kind, outcome });
      if (verdict && outcome !== 'accepted')
        this.metrics.smtpErrors.inc({ account, stage, outcome });
    }
    const { account, outcome, stage, replyCode, enhancedCode, durationMs } =
      lines.at(-1) ?? lines[0];
    const facts = { mailId, kind, account, attempts, outcome, stage, replyCode, enhancedCode };
    const { to } = transitions[settlement.transition];
    if (to !== 'queued' && to !== 'held') this.metrics.ended.inc({ kind, status: to });
    if (outcome === 'accepted') {
      const seconds = (Date.now() - mail.createdAt.getTime()) / 1_000;
      this.metrics.secondsToAccepted.observe({ kind }, seconds);
      this.#logger.log({ ...facts, durationMs: Math.round(durationMs) }, 'Accepted by the server');
      return;
    }
    const error = 'error' in settlement ? settlement.error : '';
    this.failures.tell(facts, error);
  }
}

/** The doctor's name and sentence for it, where he has one; else what the wire says. */
function withCause(verdict: Verdict, account: SmtpSettings, recipient: string): NamedVerdict {
  const named = nameFailure(verdict, account, recipient);
  return { ...verdict, cause: named?.code, sentence: named?.sentence ?? verdict.sentence };
}
