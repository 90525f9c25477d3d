import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** As node-postgres sends it, in either form of a query. */
const COMMIT = Buffer.from('commit\0');

/** What becomes of a connection on which a COMMIT is seen. */
export type Cut = 'before' | 'after';

/** Stands before a PostgreSQL server and cuts connections at their COMMIT. */
export class CommitCutter {
  /** What is done to the next COMMITs, in this order; then they pass. */
  readonly cuts: Cut[] = [];
  readonly #server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly target: number) {}

  static async start(target: number): Promise<CommitCutter> {
    const cutter = new CommitCutter(target);
    cutter.#server.listen(0, '127.0.0.1');
    await once(cutter.#server, 'listening');
    return cutter;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    const server = connect(this.target, '127.0.0.1');
    for (const socket of [client, server]) {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket)).on('error', () => undefined);
    }
    server.once('close', () => client.destroy());
    client.once('close', () => server.destroy());
    let isCut = false;
    server.on('data', (octets) => {
      // The server has answered, so it has committed; nobody learns of it.
      if (isCut) client.destroy();
      else client.write(octets);
    });
    client.on('data', (octets) => {
      const cut = octets.includes(COMMIT) ? this.cuts.shift() : undefined;
      if (cut === 'before') return void client.destroy();
      isCut = cut === 'after';
      server.write(octets);
    });
  }
}
