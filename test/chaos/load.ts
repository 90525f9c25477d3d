import { setTimeout as sleep } from 'node:timers/promises';
import { type Answer, HttpClient } from '../harness/http-client.js';
import type { Ledger } from '../harness/ledger.js';
import { firstAdminVia, PASSWORD } from '../harness/people.js';
import type { SmtpServer } from '../harness/smtp-server.js';
import { ADMIN } from './ground.js';
import type { ChaosProgram } from './program.js';

/** Of ten requests so many invite somebody; the others register. */
const INVITATIONS = 0.3;
const BETWEEN_HEALTH_CHECKS = 250;

/** Clients of the program: they get promises and note them, and see whether it is well. */
export class ChaosLoad {
  readonly healthMs: number[] = [];
  /** Requests without an answer, or with one that promises nothing. */
  unanswered = 0;
  #token = '';
  #next = 0;
  #ended = false;

  constructor(
    private readonly programs: readonly ChaosProgram[],
    private readonly ledger: Ledger,
    private readonly random: () => number,
  ) {}

  /** The first admin joins; to be called while nothing is at fault. */
  async join(smtp: SmtpServer): Promise<void> {
    const url = this.programs.find(({ url }) => url)?.url ?? '';
    this.#token = (await firstAdminVia({ http: new HttpClient(url) }, smtp)).accessToken;
  }

  end(): void {
    this.#ended = true;
  }

  /** So many requests a second, until `end`. */
  async run(rate: number): Promise<void> {
    const under = new Set<Promise<void>>();
    while (!this.#ended) {
      const [program] = this.#alive();
      if (program && under.size < rate * 2) {
        const one = this.ask(program).finally(() => under.delete(one));
        under.add(one);
      }
      await sleep(1_000 / rate);
    }
    await Promise.all(under);
  }

  /** One request to this process; never rejects for what becomes of it. */
  async ask({ url = '' }: ChaosProgram): Promise<void> {
    const http = new HttpClient(url);
    const email = `person${this.#next++}@example.com`;
    try {
      const answer =
        this.random() < INVITATIONS
          ? await this.#invite(http, email)
          : await this.ledger.note(
              email,
              'verification-code',
              http.post('/auth/register', { email, password: PASSWORD }),
            );
      if (answer.status >= 300) this.unanswered += 1;
    } catch {
      // Nobody knows what became of it, and nothing was promised.
      this.unanswered += 1;
    }
  }

  async #invite(http: HttpClient, email: string): Promise<Answer> {
    const invite = async () =>
      await this.ledger.note(
        email,
        'invitation',
        http.post('/admin/invitations', { email, role: 'member' }, { token: this.#token }),
      );
    const answer = await invite();
    if (answer.status !== 401) return answer;
    // The access token lives for 15 minutes.
    await this.#signIn(http);
    return await invite();
  }

  /** Asks one after the other how it is, until `end`. */
  async watchHealth(): Promise<void> {
    while (!this.#ended) {
      for (const program of this.#alive()) {
        const begun = performance.now();
        const isWell = await fetch(`${program.url}/health/live`).then(
          ({ ok }) => ok,
          () => false,
        );
        if (isWell) this.healthMs.push(performance.now() - begun);
      }
      await sleep(BETWEEN_HEALTH_CHECKS);
    }
  }

  /** How many mails have not ended, by status; undefined where nobody answers. */
  async queue(): Promise<Readonly<Record<string, number>> | undefined> {
    const url = this.programs.find(({ url }) => url)?.url;
    if (!url) return undefined;
    const { text } = await new HttpClient(url).get('/metrics').catch(() => ({ text: '' }));
    const sizes = text.matchAll(/^gatepost_mail_queue\{status="(\w+)"\} (\d+)$/gm);
    const queue = Object.fromEntries(
      [...sizes].map(([, status, mails]) => [status, Number(mails)]),
    );
    return Object.keys(queue).length > 0 ? queue : undefined;
  }

  /** What was held is let go, as an operator would after he has looked. @returns how many */
  async releaseHeld(): Promise<number> {
    const url = this.programs.find(({ url }) => url)?.url ?? '';
    const http = new HttpClient(url);
    await this.#signIn(http);
    const list = await http.get('/admin/mails?status=held&limit=100', { token: this.#token });
    const held = (list.body?.items ?? []) as { id: string }[];
    for (const { id } of held)
      await http.post(`/admin/mails/${id}/retry`, undefined, { token: this.#token });
    return held.length;
  }

  async #signIn(http: HttpClient): Promise<void> {
    const { body } = await http.post('/auth/login', { email: ADMIN, password: PASSWORD });
    if (body?.accessToken) this.#token = body.accessToken as string;
  }

  /** Those that answer, in an order of their own each time. */
  #alive(): ChaosProgram[] {
    const alive = this.programs.filter(({ url }) => url);
    const first = Math.floor(this.random() * alive.length);
    return [...alive.slice(first), ...alive.slice(0, first)];
  }
}
