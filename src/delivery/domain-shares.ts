/** Milliseconds. What has been in hand for longer shows that its domain is slow. */
const SLOW = 5_000;

/** Domains of which it is remembered that they are quick; who is forgotten begins anew. */
const REMEMBERED = 1_000;

/**
 * How much of what is under way may be for one domain of recipients.
 *
 * A server that takes its time for one domain (a tarpit, a callout that hangs) would soon have
 * mails for it on every connection. So one connection is kept from a domain until a mail of its
 * has gone through quickly, and again while one of its mails takes long. One that is quick may
 * have them all.
 */
export class DomainShares {
  /** By domain: the ids of its mails, each with `performance.now()` of when it came in hand. */
  readonly #inHand = new Map<string, Map<string, number>>();
  readonly #quick = new Set<string>();

  /** @returns whether one more mail may go there now, and if so, notes that it is in hand */
  begin(mailId: string, to: string, connections: number): boolean {
    const name = domainOf(to);
    if (this.#isCrowded(name, connections)) return false;
    const mails = this.#inHand.get(name) ?? new Map<string, number>();
    this.#inHand.set(name, mails.set(mailId, performance.now()));
    return true;
  }

  /** It is in hand no more. @param isAnswered has a server said what becomes of it? */
  end(mailId: string, to: string, isAnswered: boolean): void {
    const name = domainOf(to);
    const mails = this.#inHand.get(name);
    const since = mails?.get(mailId);
    if (!mails || since === undefined) return;
    mails.delete(mailId);
    if (mails.size === 0) this.#inHand.delete(name);
    const isQuick = performance.now() - since <= SLOW;
    if (!isQuick) this.#quick.delete(name);
    else if (isAnswered) this.#remember(name);
  }

  /** Domains that may have no more. @param connections that can be used now */
  crowded(connections: number): string[] {
    return [...this.#inHand.keys()].filter((name) => this.#isCrowded(name, connections));
  }

  #isCrowded(name: string, connections: number): boolean {
    const mails = this.#inHand.get(name);
    if (!mails || mails.size < Math.max(1, connections - 1)) return false;
    const [oldest = Infinity] = mails.values();
    return !this.#quick.has(name) || performance.now() - oldest > SLOW;
  }

  #remember(name: string): void {
    this.#quick.delete(name);
    this.#quick.add(name);
    const [longestAgo] = this.#quick;
    if (this.#quick.size > REMEMBERED && longestAgo !== undefined) this.#quick.delete(longestAgo);
  }
}

const domainOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
