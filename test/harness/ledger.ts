import type { MessageKind } from '#message';

/** A 2xx that promised somebody a mail. */
export interface Promised {
  readonly to: string;
  readonly kind: MessageKind;
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

  /** A promise that was made by a commit, without HTTP. */
  add(to: string, kind: MessageKind): void {
    this.promises.push({ to: to.toLowerCase(), kind, at: Date.now() });
  }
}
