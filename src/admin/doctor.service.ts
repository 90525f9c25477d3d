import { type BeforeApplicationShutdown, Inject, Injectable, Logger } from '@nestjs/common';
import {
  checkupOf,
  type DoctorEvent,
  JUDGED_AT_START,
  type JudgedSettings,
  judgeSettings,
  type Report,
  walk,
  withoutForeignWords,
} from '#doctor';
import { HostRefused } from '#egress';
import { Problem } from '#http';
import { AccessTokens } from '#oauth2';
import { AccountCheckups, type AccountTrial, AccountTrials } from '#smtp-account';
import { UserService } from '#user';
import type { DoctorOrder } from './doctor.schemas.js';

/** Each run signs in somewhere, so that many of them lock an account or scan a network. */
const RUNS_A_MINUTE = 6;
const MINUTE = 60_000;

/** Who asks, and how to tell them. */
export interface Caller {
  readonly userId: string;
  /** Aborted: nobody waits any more. */
  readonly signal: AbortSignal;
  /** Each step at once, before the report as a whole is there. */
  readonly tell: (event: DoctorEvent) => void;
}

/** The doctor, for admins: one run at a time and a few a minute in this process. */
@Injectable()
export class DoctorRuns implements BeforeApplicationShutdown {
  readonly #logger = new Logger('Doctor');
  readonly #begun: number[] = [];
  readonly #stop = new AbortController();
  #isBusy = false;

  constructor(
    private readonly trials: AccountTrials,
    private readonly users: UserService,
    private readonly tokens: AccessTokens,
    private readonly checkups: AccountCheckups,
    @Inject(JUDGED_AT_START) private readonly judged: JudgedSettings,
  ) {}

  /**
   * @returns undefined where nobody waited for the end
   * @throws {Problem} `recipient-not-own`, `doctor-busy`, `too-many-requests`; whatever
   *   {@link AccountTrials} says of the account, before anything is connected to
   */
  async run(order: DoctorOrder, caller: Caller): Promise<Report | undefined> {
    if (order.to !== undefined) await this.#refuseStrangers(order.to, caller.userId);
    this.#takeTurn();
    try {
      return await this.#examine(await this.#open(order), order, caller);
    } catch (error) {
      // A name that led somewhere else since it was looked at (DNS rebinding).
      if (error instanceof HostRefused) throw new Problem('host-refused', error.message);
      throw error;
    } finally {
      this.#isBusy = false;
    }
  }

  beforeApplicationShutdown(): void {
    this.#stop.abort();
  }

  /** Else the doctor would send mail to strangers, by somebody's good name. */
  async #refuseStrangers(to: string, userId: string): Promise<void> {
    const { email } = await this.users.get(userId);
    if (to !== email)
      throw new Problem(
        'recipient-not-own',
        'Write the e-mail address of your own account into "to", or leave it out: then nothing is sent.',
        { errors: [{ field: 'to', message: 'This is not your own address.' }] },
      );
  }

  #takeTurn(): void {
    if (this.#isBusy)
      throw new Problem(
        'doctor-busy',
        'The doctor examines one account at a time. Try again in some seconds.',
        { retryAfter: 5 },
      );
    const now = performance.now();
    while (this.#begun[0] !== undefined && this.#begun[0] <= now - MINUTE) this.#begun.shift();
    const [first] = this.#begun;
    if (first !== undefined && this.#begun.length >= RUNS_A_MINUTE) {
      const retryAfter = Math.max(1, Math.ceil((first + MINUTE - now) / 1_000));
      throw new Problem(
        'too-many-requests',
        `The doctor was asked ${RUNS_A_MINUTE} times within a minute. Wait ${retryAfter} seconds and try again.`,
        { retryAfter },
      );
    }
    this.#begun.push(now);
    this.#isBusy = true;
  }

  #open({ accountId, settings }: DoctorOrder): Promise<AccountTrial> {
    if (accountId === undefined) return this.trials.ofSettings(settings ?? {});
    if (settings === undefined) return this.trials.ofAccount(accountId);
    return this.trials.ofChange(accountId, settings);
  }

  async #examine(
    { name, read, saved, isKnownServer }: AccountTrial,
    { to }: DoctorOrder,
    { userId, signal: gone, tell }: Caller,
  ): Promise<Report | undefined> {
    const judged = read ? judgeSettings(read) : this.judged;
    const signal = AbortSignal.any([gone, this.#stop.signal]);
    const events = walk(judged, { to, signal, tokens: saved && this.tokens });
    const { host, port } = judged.plan ?? {};
    let report: Report | undefined;
    try {
      for await (const event of isKnownServer ? events : withoutForeignWords(events, host)) {
        if (signal.aborted) return undefined;
        tell(event);
        if (event.kind === 'finished') report = event.report;
      }
      if (saved && report) await this.checkups.note(saved, checkupOf(saved, report.findings));
      return report;
    } finally {
      const result = report ? (report.findings[0]?.code ?? 'OK') : 'not finished';
      this.#logger.log(
        { admin: userId, account: name, host, port, mail: !!to, result, ms: report?.durationMs },
        'An admin had the doctor examine an SMTP account',
      );
    }
  }
}
