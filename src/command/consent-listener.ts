import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { html, type Html } from '#http';
import { CommandRefused } from './command.errors.js';

const HOST = '127.0.0.1';
const PATH = '/callback';

/** What a provider sent a browser back with (RFC 6749 section 4.1.2). */
export interface ConsentArrival {
  readonly state: string;
  readonly code?: string;
  readonly error?: string;
  readonly error_description?: string;
}

/** Takes the answer of a provider on this machine (RFC 8252 section 7.3). */
export class ConsentListener implements AsyncDisposable {
  #awaited: string | undefined;
  #resolve: (arrival: ConsentArrival) => void = () => {};
  #browser: ServerResponse | undefined;

  private constructor(private readonly server: Server) {
    server.on('request', (request: IncomingMessage, response: ServerResponse) =>
      this.#take(request, response),
    );
  }

  /** @param port 0 for any that is free */
  static async open(port: number): Promise<ConsentListener> {
    const server = createServer();
    server.listen(port, HOST);
    try {
      await once(server, 'listening');
    } catch (error) {
      throw new CommandRefused(
        `Nobody can listen on port ${port} of this machine (${(error as NodeJS.ErrnoException).code}). Choose another with --port, or leave it out.`,
      );
    }
    return new ConsentListener(server);
  }

  get redirectUri(): string {
    return `http://${HOST}:${(this.server.address() as AddressInfo).port}${PATH}`;
  }

  /** The first answer with this state; whatever else comes is none of ours. */
  arrival(state: string): Promise<ConsentArrival> {
    this.#awaited = state;
    return new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** As {@link arrival}, for an address that the browser on another machine could not open. */
  pasted(address: string): void {
    const arrival = arrivalIn(address.trim());
    if (arrival && arrival.state === this.#awaited) this.#resolve(arrival);
  }

  /** Tells the browser that brought the answer, if one did, what became of it. */
  say(title: string, sentence: string): void {
    if (this.#browser) send(this.#browser, 200, title, sentence);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.server.close();
    this.server.closeIdleConnections();
    // A browser that keeps its connection gets its page first.
    const rest = setTimeout(() => this.server.closeAllConnections(), 500);
    await once(this.server, 'close');
    clearTimeout(rest);
  }

  #take(request: IncomingMessage, response: ServerResponse): void {
    const arrival = arrivalIn(request.url ?? '');
    if (request.method !== 'GET' || !arrival || arrival.state !== this.#awaited || this.#browser)
      return send(
        response,
        404,
        'Nothing here',
        'This page waits for one answer of a mail provider, and this is not it.',
      );
    this.#browser = response;
    this.#resolve(arrival);
  }
}

function arrivalIn(address: string): ConsentArrival | undefined {
  const url = URL.parse(address, `http://${HOST}`);
  const state = url?.searchParams.get('state');
  if (url?.pathname !== PATH || !state) return undefined;
  const others = ['code', 'error', 'error_description'].flatMap((name) => {
    const value = url.searchParams.get(name);
    return value ? [[name, value]] : [];
  });
  return { state, ...(Object.fromEntries(others) as Omit<ConsentArrival, 'state'>) };
}

function send(response: ServerResponse, status: number, title: string, sentence: string): void {
  response.writeHead(status, {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'",
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
    Connection: 'close',
  });
  response.end(bare(title, sentence).toString());
}

// Without a style sheet: nothing but this one page is served here.
const bare = (title: string, sentence: string): Html =>
  html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${title}</title>
      </head>
      <body>
        <h1>${title}</h1>
        <p>${sentence}</p>
      </body>
    </html>`;
