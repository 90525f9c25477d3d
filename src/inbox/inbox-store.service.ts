import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { InboxItem, InboxPage, InboxQuery, InboxWait } from './inbox.schemas.js';
import type { MailContent } from './received-mail.js';

interface Entry {
  readonly item: InboxItem;
  readonly raw: Buffer;
  readonly recipients: readonly string[];
  /** Counts up over the life of the process; the cursor of a page. */
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly receivedAt: number;
}

interface Events {
  arrived: [entry: Entry];
  cleared: [];
  closed: [];
}

/** How much is kept; the oldest mails make way. */
export interface InboxLimits {
  readonly mails: number;
  /** Bytes in memory, roughly. */
  readonly bytes: number;
}

const DEFAULT_LIMITS: InboxLimits = { mails: 500, bytes: 64 * 1024 * 1024 };

/** The mails of the built-in inbox: in memory, for as long as the process lives. */
export class InboxStore {
  /** Oldest first. */
  readonly #entries: Entry[] = [];
  readonly #events = new EventEmitter<Events>().setMaxListeners(0);
  #bytes = 0;
  #sequence = 0;
  #newest = 0;
  #closed = false;

  constructor(
    private readonly limits: InboxLimits = DEFAULT_LIMITS,
    private readonly now: () => number = Date.now,
  ) {}

  /** @param recipients as on the wire, for looking them up */
  add(content: MailContent, recipients: readonly string[], raw: Buffer): InboxItem {
    // Strictly later than the mail before, so that its time serves as `since` for the next one.
    this.#newest = Math.max(this.now(), this.#newest + 1);
    this.#sequence += 1;
    const item = {
      id: randomUUID(),
      receivedAt: new Date(this.#newest).toISOString(),
      ...content,
    };
    const entry = {
      item,
      raw,
      recipients: recipients.map((recipient) => recipient.toLowerCase()),
      sequence: this.#sequence,
      receivedAt: this.#newest,
    };
    this.#entries.push(entry);
    this.#bytes += weight(entry);
    this.#makeRoom();
    this.#events.emit('arrived', entry);
    return item;
  }

  /** Newest first. */
  page({ limit, cursor, to }: InboxQuery): InboxPage {
    const before = cursor === undefined ? Infinity : Number(cursor);
    const wanted = to?.toLowerCase();
    const found: Entry[] = [];
    for (let i = this.#entries.length - 1; i >= 0 && found.length <= limit; i -= 1) {
      const entry = this.#entries[i];
      if (!entry || entry.sequence >= before) continue;
      if (!wanted || entry.recipients.some((recipient) => recipient.includes(wanted)))
        found.push(entry);
    }
    const items = found.slice(0, limit);
    return {
      items: items.map(({ item }) => item),
      nextCursor: found.length > limit ? String(items.at(-1)?.sequence) : null,
    };
  }

  find(id: string): InboxItem | undefined {
    return this.#entries.find(({ item }) => item.id === id)?.item;
  }

  /** The mail as it came over the wire. */
  raw(id: string): Buffer | undefined {
    return this.#entries.find(({ item }) => item.id === id)?.raw;
  }

  /**
   * The first mail after `since`, or the newest one without it, as soon as it is there; undefined
   * when the time is over, `signal` aborts or the store closes.
   */
  wait({ to, since, timeoutMs }: InboxWait, signal: AbortSignal): Promise<InboxItem | undefined> {
    const wanted = to?.toLowerCase();
    const after = since === undefined ? -Infinity : Date.parse(since);
    const matches = (entry: Entry): boolean =>
      entry.receivedAt > after && (!wanted || entry.recipients.includes(wanted));

    const there =
      since === undefined ? this.#entries.findLast(matches) : this.#entries.find(matches);
    if (there || timeoutMs === 0 || this.#closed || signal.aborted)
      return Promise.resolve(there?.item);

    const { promise, resolve } = Promise.withResolvers<InboxItem | undefined>();
    const arrived = (entry: Entry): void => {
      if (matches(entry)) resolve(entry.item);
    };
    const giveUp = (): void => resolve(undefined);
    const timer = setTimeout(giveUp, timeoutMs);
    this.#events.on('arrived', arrived).once('closed', giveUp);
    signal.addEventListener('abort', giveUp, { once: true });
    return promise.finally(() => {
      clearTimeout(timer);
      this.#events.off('arrived', arrived).off('closed', giveUp);
      signal.removeEventListener('abort', giveUp);
    });
  }

  /**
   * Tells of what happens from now on.
   *
   * @returns a function that ends it
   */
  watch(listener: {
    arrived: (item: InboxItem) => void;
    cleared: () => void;
    closed: () => void;
  }): () => void {
    if (this.#closed) {
      listener.closed();
      return () => {};
    }
    const arrived = ({ item }: Entry): void => listener.arrived(item);
    this.#events.on('arrived', arrived);
    this.#events.on('cleared', listener.cleared);
    this.#events.on('closed', listener.closed);
    return () => {
      this.#events.off('arrived', arrived);
      this.#events.off('cleared', listener.cleared);
      this.#events.off('closed', listener.closed);
    };
  }

  clear(): void {
    this.#entries.length = 0;
    this.#bytes = 0;
    this.#events.emit('cleared');
  }

  /** Ends every wait and watch, so that the HTTP server can end too. */
  close(): void {
    this.#closed = true;
    this.#events.emit('closed');
  }

  #makeRoom(): void {
    const { mails, bytes } = this.limits;
    while (this.#entries.length > mails || (this.#bytes > bytes && this.#entries.length > 1)) {
      const oldest = this.#entries.shift();
      if (oldest) this.#bytes -= weight(oldest);
    }
  }
}

// A character takes up to two bytes.
const weight = ({ raw, item }: Entry): number =>
  raw.length + 2 * (item.text.length + (item.html?.length ?? 0));
