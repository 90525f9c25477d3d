import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import type { TLSSocketOptions, TlsOptions } from 'node:tls';
import { type Authority, type Certificate, createAuthority } from './certificates.js';
import { type Script } from './smtp-script.js';
import { type ServerLimits, SmtpServerLimits } from './smtp-server-limits.js';
import { SmtpServerSession } from './smtp-server-session.js';
import { ConnectionEnded } from './socket-reader.js';

export * from './smtp-script.js';

export interface SmtpServerOptions {
  /** 127.0.0.1 unless given. */
  readonly host?: string;
  /** A free one unless given. */
  readonly port?: number;
  readonly tls?: 'none' | 'starttls' | 'implicit';
  readonly auth?: {
    readonly user: string;
    readonly pass: string;
    /** For NTLM: MD4 of the password in UTF-16LE, in hex, and what the client has to say. */
    readonly ntlm?: {
      readonly ntHash: string;
      readonly domain?: string;
      readonly workstation?: string;
      /** What it asks instead of a proper challenge. */
      readonly challenge?: string;
    };
    /** For XOAUTH2 and OAUTHBEARER: the access tokens that are good; may change while it runs. */
    readonly tokens?: Set<string>;
    /** Says 535 to a wrong token at once, and not first why in JSON (RFC 7628 section 3.2.2). */
    readonly curt?: boolean;
    /** As offered in EHLO; PLAIN and LOGIN unless said otherwise. */
    readonly methods?: readonly string[];
    /** Offer AUTH in clear text as well? */
    readonly inClear?: boolean;
    /** Refuse MAIL to whoever has not signed in (530). */
    readonly required?: boolean;
  };
  /** EHLO keywords besides STARTTLS and AUTH; CHUNKING is among them only if it is named. */
  readonly extensions?: readonly string[];
  /** After a refused chunk BDAT LAST ends the transaction, as with some servers; else only RSET. */
  readonly endsFailedChunks?: boolean;
  /** What one client may have, as with a provider. */
  readonly limits?: ServerLimits;
  readonly script?: Script;
  /** What it shows in the handshake; a certificate for localhost and 127.0.0.1 unless given. */
  readonly certificate?: Certificate;
  /** Speak nothing newer than this. */
  readonly maxVersion?: 'TLSv1.1' | 'TLSv1.2';
  /** Whatever else Node's TLS can be told. */
  readonly tlsOptions?: TLSSocketOptions & TlsOptions;
  /** OpenSSL cipher list. */
  readonly ciphers?: string;
  /** Wants a certificate of the client, in the handshake. */
  readonly wantsClientCertificate?: boolean;
}

/** One message whose end was received; `accepted` says what was answered. */
export interface ReceivedMessage {
  readonly connection: number;
  readonly from: string;
  readonly rcpts: readonly string[];
  /** MAIL and RCPT parameters as received. */
  readonly parameters: readonly string[];
  /** As sent, dots unstuffed, without the final dot. */
  readonly raw: Buffer;
  /** As on the wire: stuffed, with the final dot; or the chunks, one behind the other. */
  readonly wire: Buffer;
  readonly by: 'data' | 'bdat';
  readonly tls:
    | {
        readonly cipher: string;
        readonly version: string;
        readonly servername: string;
        /** Whose certificate the client showed, as `CN=…`. */
        readonly client: string | undefined;
      }
    | undefined;
  readonly user: string | undefined;
  readonly accepted: boolean;
  /** What was answered to its end: 0 where the session ended instead, 1 where it was no reply. */
  readonly replyCode: number;
  /** Milliseconds since the epoch: MAIL received, message complete. */
  readonly mailAt: number;
  readonly doneAt: number;
}

/** One connection: what came in, line by line, and how it stands. */
export interface ReceivedConnection {
  readonly number: number;
  /** Command lines, AUTH continuations included; not the message. */
  readonly commands: string[];
  /** Number of TCP reads that carried commands: shows what was sent together. */
  segments: number;
  secure: boolean;
  open: boolean;
  /** Octets that the server wrote and the kernel took, once it is closed. */
  written: number;
}

/** A scriptable SMTP server on loopback that records everything. Real sockets, real TLS. */
export class SmtpServer {
  /** May be changed while it runs. */
  script: Script;
  readonly messages: ReceivedMessage[] = [];
  /** Messages whose end never came, as far as they did. */
  readonly unfinished: ReceivedMessage[] = [];
  readonly connections: ReceivedConnection[] = [];
  /** Most connections open at once, on both sides. */
  peak = 0;
  port = 0;
  readonly limits: SmtpServerLimits;
  private readonly server = createServer({ noDelay: true }, (socket) => this.accept(socket));
  private readonly sockets = new Set<Socket>();
  private readonly arrivals = new Set<(message: ReceivedMessage) => void>();

  constructor(
    readonly options: SmtpServerOptions,
    /** PEM of the authority that vouches for the server's certificate. */
    readonly ca: string,
    readonly certificate: Certificate,
  ) {
    this.script = options.script ?? {};
    this.limits = new SmtpServerLimits(options.limits ?? {}, () => this.talking);
  }

  get host(): string {
    return this.options.host ?? '127.0.0.1';
  }

  async listen(port = 0): Promise<void> {
    this.server.listen(port, this.host);
    await once(this.server, 'listening');
    this.port = (this.server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  /** Connections that neither side has begun to end. */
  get talking(): number {
    return [...this.sockets].filter((each) => !each.writableEnded && !each.readableEnded).length;
  }

  /** Everything the clients wrote in the clear or under TLS, AUTH included, one command a line. */
  get commands(): string[] {
    return this.connections.flatMap(({ commands }) => commands);
  }

  /** The first message, here already or yet to come, that the predicate likes. */
  async waitForMessage(
    predicate: (message: ReceivedMessage) => boolean = () => true,
    ms = 5_000,
  ): Promise<ReceivedMessage> {
    const here = this.messages.find(predicate);
    if (here) return here;
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.arrivals.delete(look);
        reject(new Error(`No such message within ${ms} ms; ${this.messages.length} others came`));
      }, ms);
      const look = (message: ReceivedMessage): void => {
        if (!predicate(message)) return;
        clearTimeout(timer);
        this.arrivals.delete(look);
        resolve(message);
      };
      this.arrivals.add(look);
    });
  }

  record(message: ReceivedMessage): void {
    this.messages.push(message);
    for (const look of this.arrivals) look(message);
  }

  recordUnfinished(message: ReceivedMessage): void {
    this.unfinished.push(message);
  }

  /** Ends every open connection, as a restart or a firewall would. */
  dropConnections(how: 'fin' | 'rst' = 'fin'): void {
    for (const socket of this.sockets) {
      if (how === 'rst') socket.resetAndDestroy();
      else socket.end();
    }
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (!this.server.listening) return;
    this.server.close();
    await once(this.server, 'close');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  private accept(socket: Socket): void {
    this.sockets.add(socket);
    this.peak = Math.max(this.peak, this.talking);
    const connection: ReceivedConnection = {
      number: this.connections.length + 1,
      commands: [],
      segments: 0,
      secure: false,
      open: true,
      written: 0,
    };
    this.connections.push(connection);
    socket.once('close', () => {
      this.sockets.delete(socket);
      connection.open = false;
      connection.written = socket.bytesWritten - socket.writableLength;
    });
    void new SmtpServerSession(this, socket, connection).run().catch((error: unknown) => {
      if (!(error instanceof ConnectionEnded)) throw error;
    });
  }
}

let sharedAuthority: Authority | undefined;

/** The authority behind every server's ordinary certificate. */
export function testAuthority(): Authority {
  return (sharedAuthority ??= createAuthority());
}

/** A server on a free port; end it with `close()` or `await using`. */
export async function startSmtpServer(options: SmtpServerOptions = {}): Promise<SmtpServer> {
  const authority = testAuthority();
  const certificate = options.certificate ?? authority.issue(['localhost', '127.0.0.1']);
  const server = new SmtpServer(options, authority.cert, certificate);
  await server.listen(options.port);
  startedServers.push(server);
  return server;
}

/** All there were in this file of tests, closed ones too. */
export const startedServers: SmtpServer[] = [];
