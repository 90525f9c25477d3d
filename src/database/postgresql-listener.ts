import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';

/** Milliseconds before a lost connection is opened again. */
const RECONNECT_AFTER = 1_000;

/**
 * LISTEN on a connection of its own, opened again when it is lost. A notification sent meanwhile
 * is missed, so every subscriber is called once after each reconnection: it looks for itself.
 */
export class PostgresqlListener {
  readonly #subscribers = new Map<string, Set<() => void>>();
  readonly #closing = new AbortController();
  #client: pg.Client | undefined;
  #starting: Promise<void> | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly makeClient: () => pg.Client,
    private readonly onError: (error: Error) => void,
  ) {}

  async listen(channel: string, onNotification: () => void): Promise<() => Promise<void>> {
    const subscribers = this.#subscribers.get(channel) ?? new Set();
    subscribers.add(onNotification);
    this.#subscribers.set(channel, subscribers);
    if (this.#client) await subscribe(this.#client, channel);
    else if (!this.#running) await (this.#starting ??= this.#start());
    return async () => {
      subscribers.delete(onNotification);
    };
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#client?.end().catch(this.onError);
    await this.#running;
  }

  async #start(): Promise<void> {
    try {
      this.#running = this.#keepConnected(await this.#connect());
    } finally {
      this.#starting = undefined;
    }
  }

  async #connect(): Promise<pg.Client> {
    const client = this.makeClient();
    client.on('error', this.onError);
    client.on('notification', ({ channel }) => this.#notify(channel));
    await client.connect();
    for (const channel of this.#subscribers.keys()) await subscribe(client, channel);
    this.#client = client;
    return client;
  }

  async #keepConnected(first: pg.Client): Promise<void> {
    const { signal } = this.#closing;
    let client: pg.Client | undefined = first;
    while (!signal.aborted) {
      if (client) await once(client, 'end', { signal }).catch(() => undefined);
      if (signal.aborted) return;
      this.#client = undefined;
      await sleep(RECONNECT_AFTER, undefined, { signal }).catch(() => undefined);
      client = await this.#connect().catch((error: Error) => {
        this.onError(error);
        return undefined;
      });
      if (client) for (const channel of this.#subscribers.keys()) this.#notify(channel);
    }
  }

  #notify(channel: string): void {
    for (const onNotification of this.#subscribers.get(channel) ?? []) onNotification();
  }
}

async function subscribe(client: pg.Client, channel: string): Promise<void> {
  await client.query(`listen ${client.escapeIdentifier(channel)}`);
}
