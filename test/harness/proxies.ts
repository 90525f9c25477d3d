import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { SmtpSettings } from '#mailer-config';
import { ConnectionEnded, SocketReader } from './socket-reader.js';

type ProxySettings = NonNullable<SmtpSettings['proxy']>;
type Protocol = ProxySettings['protocol'];

export interface ProxyOptions {
  /** Who may use it; everybody unless given. With SOCKS4 the user alone counts. */
  readonly user?: string;
  readonly pass?: string;
  /** Where names lead, beside those the system knows. */
  readonly names?: Readonly<Record<string, string>>;
  /** Where ports lead that are not reached as they are. */
  readonly ports?: Readonly<Record<string, number>>;
  /** Answers this instead of opening the way: octets that mean no, or nothing at all. */
  readonly answer?: string | Buffer;
  /** Closes after its answer. */
  readonly close?: boolean;
  /** Waits for the server's first words, and sends them in one segment with its own answer. */
  readonly withGreeting?: boolean;
  /** Keeps quiet from the first octet on. */
  readonly silent?: boolean;
}

/** A proxy on 127.0.0.1 that records what it was asked. Real sockets. */
export class TestProxy {
  /** What it was asked to connect to, as `host:port`, as written. */
  readonly targets: string[] = [];
  /** Every octet clients sent up to the opening of the way. */
  readonly requests: string[] = [];
  /** Octets that passed through from clients. */
  passed = '';
  port = 0;
  readonly host = '127.0.0.1';
  readonly #server: Server = createServer((socket) => this.#accept(socket));
  readonly #sockets = new Set<Socket>();

  constructor(
    readonly protocol: Protocol,
    readonly options: ProxyOptions,
  ) {}

  /** The settings that fit it. */
  get settings(): ProxySettings {
    const { protocol, host, port, options } = this;
    return { protocol, host, port, username: options.user, password: options.pass };
  }

  async listen(): Promise<void> {
    this.#server.listen(0, this.host);
    await once(this.#server, 'listening');
    this.port = (this.#server.address() as AddressInfo).port;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket)).on('error', () => socket.destroy());
  }

  #accept(socket: Socket): void {
    this.#keep(socket);
    if (this.options.silent) return void socket.resume();
    const reader = new SocketReader(socket);
    const exchange = { http: this.#http, socks4: this.#socks4, socks4a: this.#socks4 };
    const serve = this.protocol === 'socks5' ? this.#socks5 : exchange[this.protocol];
    void serve.call(this, socket, reader).catch((error: unknown) => {
      if (!(error instanceof ConnectionEnded)) throw error;
    });
  }

  async #http(socket: Socket, reader: SocketReader): Promise<void> {
    const request = (await reader.through(Buffer.from('\r\n\r\n'))).toString('latin1');
    this.requests.push(request);
    if (this.#says(socket)) return;
    const { user, pass } = this.options;
    const token = Buffer.from(`${user}:${pass}`).toString('base64');
    if (user !== undefined && !request.includes(`\r\nProxy-Authorization: Basic ${token}\r\n`)) {
      socket.end(
        'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n',
      );
      return;
    }
    const [, target = ''] = /^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(request) ?? [];
    const opened = await this.#open(target);
    if (!opened) return void socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
    await this.#join(socket, opened, Buffer.from('HTTP/1.1 200 Connection established\r\n\r\n'));
  }

  async #socks4(socket: Socket, reader: SocketReader): Promise<void> {
    const head = await reader.octets(8);
    const user = (await reader.through(Buffer.of(0))).toString('utf8').slice(0, -1);
    const named = head.readUInt32BE(4) < 256;
    const host = named
      ? (await reader.through(Buffer.of(0))).toString('latin1').slice(0, -1)
      : [...head.subarray(4)].join('.');
    this.requests.push(head.toString('latin1') + user);
    if (this.#says(socket)) return;
    if (this.options.user !== undefined && user !== this.options.user)
      return void socket.end(Buffer.from([0, 93, 0, 0, 0, 0, 0, 0]));
    const opened = await this.#open(`${host}:${head.readUInt16BE(2)}`);
    if (!opened) return void socket.end(Buffer.from([0, 91, 0, 0, 0, 0, 0, 0]));
    await this.#join(socket, opened, Buffer.from([0, 90, 0, 0, 0, 0, 0, 0]));
  }

  async #socks5(socket: Socket, reader: SocketReader): Promise<void> {
    const { user, pass } = this.options;
    const greeting = await reader.octets(2);
    const methods = await reader.octets(greeting.readUInt8(1));
    this.requests.push(Buffer.concat([greeting, methods]).toString('latin1'));
    if (this.#says(socket)) return;
    const method = user === undefined ? 0 : 2;
    if (!methods.includes(method)) return void socket.end(Buffer.of(5, 0xff));
    socket.write(Buffer.of(5, method));
    if (user !== undefined) {
      const given = [];
      await reader.octets(1);
      for (let n = 0; n < 2; n += 1) {
        const length = (await reader.octets(1)).readUInt8();
        given.push((await reader.octets(length)).toString('utf8'));
      }
      const right = given[0] === user && given[1] === pass;
      socket.write(Buffer.of(1, right ? 0 : 1));
      if (!right) return void socket.end();
    }
    const [, , , kind] = await reader.octets(4);
    const length = { 1: 4, 4: 16, 3: 0 }[kind ?? 0] ?? 0;
    const octets = await reader.octets(kind === 3 ? (await reader.octets(1)).readUInt8() : length);
    const port = (await reader.octets(2)).readUInt16BE();
    const groups = octets.toString('hex').match(/.{4}/g) ?? [];
    const host =
      kind === 3 ? octets.toString() : kind === 1 ? [...octets].join('.') : groups.join(':');
    const opened = await this.#open(`${kind === 4 ? `[${host}]` : host}:${port}`);
    if (!opened) return void socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0]));
    // the bound address as a name: its length has to be read
    await this.#join(socket, opened, Buffer.from('\x05\x00\x00\x03\x05bound\x12\x34', 'latin1'));
  }

  #says(socket: Socket): boolean {
    const { answer, close } = this.options;
    if (answer === undefined && !close) return false;
    if (answer !== undefined) socket.write(answer);
    if (close) socket.end();
    return true;
  }

  async #open(target: string): Promise<Socket | undefined> {
    this.targets.push(target);
    const [, name = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(target) ?? [];
    const host = this.options.names?.[name] ?? name;
    const socket = connect({ host, port: this.options.ports?.[port] ?? Number(port) });
    this.#keep(socket);
    return await once(socket, 'connect').then(
      () => socket,
      () => undefined,
    );
  }

  async #join(client: Socket, server: Socket, answer: Buffer): Promise<void> {
    const first: unknown[] = this.options.withGreeting ? await once(server, 'data') : [];
    client.write(Buffer.concat([answer, ...(first as Buffer[])]));
    client.removeAllListeners('data');
    client.on('data', (chunk: Buffer) => (this.passed += chunk.toString('latin1')));
    client.pipe(server);
    server.pipe(client);
    client.once('close', () => server.destroy());
    server.once('close', () => client.destroy());
  }
}

/** A proxy on a free port; end it with `await using`. */
export async function startProxy(
  protocol: Protocol,
  options: ProxyOptions = {},
): Promise<TestProxy> {
  const proxy = new TestProxy(protocol, options);
  await proxy.listen();
  return proxy;
}
