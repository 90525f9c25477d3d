import assert from 'node:assert/strict';
import type { AddressInfo } from 'node:net';
import { callbackify } from 'node:util';
import { SMTPServer, type SMTPServerDataStream, type SMTPServerSession } from 'smtp-server';
import { InboxStore } from './inbox-store.service.js';
import { readMail } from './received-mail.js';

const HOST = '127.0.0.1';
const MAX_MESSAGE_BYTES = 1024 * 1024;

/**
 * The server behind the built-in inbox: it speaks SMTP like any other, so that the way of a mail
 * is the same here as in production. It takes every mail from this machine and gives it to nobody.
 */
export class InboxServer {
  readonly #server: SMTPServer;
  #listening: Promise<{ host: string; port: number }> | undefined;

  constructor(private readonly store: InboxStore) {
    this.#server = new SMTPServer({
      banner: 'Gatepost inbox',
      size: MAX_MESSAGE_BYTES,
      rejectOversized: true,
      // No sign-in, no TLS: nothing leaves the loopback interface.
      authOptional: true,
      disabledCommands: ['AUTH', 'STARTTLS'],
      hideENHANCEDSTATUSCODES: false,
      disableReverseLookup: true,
      logger: false,
      closeTimeout: 500,
      onData: callbackify((stream: SMTPServerDataStream, session: SMTPServerSession) =>
        this.#receive(stream, session),
      ),
    });
    // A connection that breaks is the client's to report; its mail was not accepted.
    this.#server.on('error', () => {});
  }

  /**
   * Listens on a free port of the loopback interface; a second call answers the same.
   *
   * @throws where the port can't be opened
   */
  start(): Promise<{ host: string; port: number }> {
    this.#listening ??= this.#listen();
    return this.#listening;
  }

  /** Ends the server; who is in the middle of a mail has half a second. */
  async stop(): Promise<void> {
    if (!this.#listening) return;
    await this.#listening;
    this.#listening = undefined;
    await new Promise<void>((resolve) => this.#server.close(resolve));
  }

  #listen(): Promise<{ host: string; port: number }> {
    return new Promise((resolve, reject) => {
      const { server } = this.#server;
      server.once('error', reject);
      this.#server.listen(0, HOST, () => {
        server.off('error', reject);
        const { port } = server.address() as AddressInfo;
        resolve({ host: HOST, port });
      });
    });
  }

  async #receive(stream: SMTPServerDataStream, session: SMTPServerSession): Promise<string> {
    const chunks: Buffer[] = [];
    // The server refuses what is too large by itself; nothing of it is kept meanwhile.
    for await (const chunk of stream) if (!stream.sizeExceeded) chunks.push(chunk as Buffer);
    if (stream.sizeExceeded) return ''; // the answer is a refusal all the same
    const raw = Buffer.concat(chunks);
    const { mailFrom, rcptTo } = session.envelope;
    assert(mailFrom !== undefined && rcptTo.length > 0, 'DATA without an envelope');
    const to = rcptTo.map(({ address }) => address);
    const content = await readMail(raw, { from: mailFrom ? mailFrom.address : '', to });
    return `Kept as ${this.store.add(content, to, raw).id}`;
  }
}
