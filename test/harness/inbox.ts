import type { HttpClient } from './http-client.js';

/** A mail as `GET /dev/inbox/:id` shows it. */
export interface InboxMail {
  id: string;
  from: string;
  to: string;
  subject: string;
  receivedAt: string;
  text: string;
  html: string;
  headers: Record<string, string>;
  code: string | null;
  links: string[];
}

/** The built-in inbox, read as a developer's own tests would read it. */
export class TestInbox {
  constructor(private readonly http: HttpClient) {}

  /** The newest mail to this address, waited for if it is not there yet. */
  async waitFor(
    to: string,
    options: { since?: string; timeoutMs?: number } = {},
  ): Promise<InboxMail> {
    const query = new URLSearchParams({ to, timeoutMs: String(options.timeoutMs ?? 10_000) });
    if (options.since) query.set('since', options.since);
    const answer = await this.http.get(`/dev/inbox/wait?${query}`);
    if (answer.status !== 200) throw new Error(`No mail to ${to} came (${answer.status})`);
    return answer.body as InboxMail;
  }

  /** All mails to this address, oldest first. */
  async mailsTo(to: string): Promise<InboxMail[]> {
    const answer = await this.http.get('/dev/inbox?limit=100');
    return (answer.body.items as InboxMail[]).filter((mail) => mail.to === to).toReversed();
  }

  async empty(): Promise<void> {
    await this.http.delete('/dev/inbox');
  }
}
