import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SmtpSettings } from '#mailer-config';
import { AccessTokens } from '#oauth2';
import { SETTINGS, type Settings } from '#settings';
import { namingSettings } from '#smtp';
import { AccountCheckups, AccountHealth, type Checkup, SmtpAccounts } from '#smtp-account';
import { findingOf } from './finding.js';
import { JUDGED_AT_START, judgedByItself } from './judged-at-start.js';
import type { Finding } from './report.js';
import { type JudgedSettings, walk } from './walk.js';

/** Injection token: milliseconds to wait before an account is looked at. */
export const START_CHECK_DELAY = Symbol('gatepost:start-check-delay');

/** Processes that start together, and accounts at one provider, do not sign in all at once. */
export const startCheckDelay = (): number => 1_000 + Math.random() * 4_000;

/** Milliseconds in which a mail that went by an account says more than the doctor could. */
const FRESH = 10 * 60_000;

/**
 * Looks at each account once when a process begins that delivers, from the name of the server to
 * the sign-in, and says so where no mail could go by it: before the first person waits for one.
 * Nothing waits for it, and nothing is sent.
 */
@Injectable()
export class StartCheck implements OnApplicationBootstrap, BeforeApplicationShutdown {
  readonly #logger = new Logger('Doctor');
  readonly #stop = new AbortController();
  #done: Promise<void> = Promise.resolve();

  constructor(
    private readonly accounts: SmtpAccounts,
    private readonly checkups: AccountCheckups,
    private readonly health: AccountHealth,
    private readonly tokens: AccessTokens,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(JUDGED_AT_START) private readonly judged: JudgedSettings,
    @Inject(START_CHECK_DELAY) private readonly delay: () => number,
  ) {}

  onApplicationBootstrap(): void {
    if (this.settings.smtpCheckAtStart) this.#done = this.#checkAll();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #checkAll(): Promise<void> {
    const { signal } = this.#stop;
    for (const account of this.accounts.inOrder()) {
      // The built-in inbox takes everything, and is our own.
      if (account.name === 'inbox') continue;
      await sleep(this.delay(), undefined, { signal, ref: false }).catch(() => undefined);
      if (signal.aborted) return;
      try {
        await this.#check(account);
      } catch (error) {
        if (!signal.aborted)
          this.#logger.warn(
            { account: account.name, err: error },
            `The SMTP account "${account.name}" could not be looked at`,
          );
      }
    }
  }

  async #check(account: SmtpSettings): Promise<void> {
    const lastSuccess = (await this.health.of([account.id])).get(account.id)?.lastSuccessAt;
    if (lastSuccess && Date.now() - lastSuccess.getTime() < FRESH) return;
    if (!(await this.checkups.claim(account))) return;
    const checkup = checkupOf(account, await this.#findings(account));
    if (this.#stop.signal.aborted) return;
    await this.checkups.note(account, checkup);
    const facts = { account: account.name, code: checkup.code };
    if (checkup.code === 'OK') this.#logger.log(facts, checkup.title);
    else
      this.#logger.warn(
        facts,
        `The SMTP account "${account.name}" can not send as it is (${checkup.code}): ${checkup.title}. ${whoTellsMore(account)}`,
      );
  }

  /** Ends behind the sign-in: what comes then is for the mails to say. */
  async #findings(account: SmtpSettings): Promise<Finding[]> {
    const judged = account.id === this.judged.plan?.id ? this.judged : judgedByItself(account);
    const findings: Finding[] = [];
    const { signal } = this.#stop;
    for await (const event of walk(judged, { tokens: this.tokens, signal })) {
      if (event.kind === 'finding') findings.push(event.finding);
      if (event.kind === 'stage-ended' && event.result.id === 'auth') break;
    }
    return findings;
  }
}

/** The first error; remarks keep no mail from going. In words that name the account's own settings. */
export function checkupOf(account: SmtpSettings, findings: readonly Finding[]): Checkup {
  const { host, port } = account;
  const { code, title } =
    findings.find(({ severity }) => severity === 'error') ??
    findingOf('OK', { host, port, mode: 'none' }, { stage: 'auth', confidence: 'certain' });
  return { code, title: namingSettings(account, title) };
}

const whoTellsMore = ({ source }: SmtpSettings): string =>
  source === 'database'
    ? 'POST /admin/doctor with its id says what to do.'
    : 'gatepost doctor says what to do.';
