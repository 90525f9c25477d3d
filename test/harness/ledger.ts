import type { MessageKind } from '#message';
import type { Answer } from './http-client.js';

/** A 2xx that promised somebody a mail. */
export interface Promised {
  readonly to: string;
  /** One of these: who asks can't tell which where known and unknown addresses are answered alike. */
  readonly kinds: readonly [MessageKind, ...MessageKind[]];
  /** Milliseconds since the epoch at which the answer was there. */
  readonly at: number;
}

/** What a client has been promised. It keeps its own book, whatever becomes of the program. */
export class Ledger {
  readonly promises: Promised[] = [];

  /** Notes the promise where the answer is one. @returns the answer */
  async note<T extends { readonly status: number }>(
    to: string,
    kind: MessageKind,
    asked: Promise<T>,
  ): Promise<T> {
    const answer = await asked;
    if (answer.status >= 200 && answer.status < 300) this.add(to, kind);
    return answer;
  }

  /**
   * Notes what any answer promises for certain. One to a password reset, or to another code, promises
   * nothing to whoever does not know that there is such an account; who registers again at once is
   * served by the mail that is under way.
   */
  hear(method: string, path: string, body: unknown, { status, body: said }: Heard): void {
    if (method !== 'POST' || status < 200 || status >= 300) return;
    if (path === '/auth/register' && said?.verification?.required) {
      const to = addressIn(body);
      const isPromised = this.promises.some(
        (promise) => promise.to === to && promise.kinds.includes('account-exists'),
      );
      if (to && !isPromised) this.add(to, 'verification-code', 'account-exists');
    }
    if (/^\/admin\/invitations(?:\/[^/]+\/resend)?$/.test(path) && said?.mail)
      this.add(String(said.email), 'invitation');
  }

  /** A promise; also one that was made by a commit, without HTTP. */
  add(to: string, ...kinds: Promised['kinds']): void {
    this.promises.push({ to: to.toLowerCase(), kinds, at: Date.now() });
  }
}

type Heard = Pick<Answer, 'status' | 'body'>;

/** Undefined where it is written in another way than the outbox writes it. */
function addressIn(body: unknown): string | undefined {
  const email = Object(body)['email'] as unknown;
  return typeof email === 'string' && /^[\w.+-]+@[a-z\d.-]+$/i.test(email)
    ? email.toLowerCase()
    : undefined;
}
