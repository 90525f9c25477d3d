import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { examine, type Report, type WalkOptions } from '#doctor';
import type { SmtpSettings } from '#mailer-config';
import { SmtpSender, type Verdict } from '#smtp';
import { loadConfiguration } from '../../src/configuration.js';
import { DnsServer, type Zone } from './dns-server.js';
import { outgoing } from './smtp-message.js';
import {
  type SmtpServer,
  type SmtpServerOptions,
  startSmtpServer,
  testAuthority,
} from './smtp-server.js';

/** Settings as an operator writes them; undefined: not written. */
export type Env = Readonly<Record<string, string | undefined>>;

/** Servers as they are found in the wild, and the settings that meet them. */
export interface SetUp {
  readonly env: Env;
  readonly options?: WalkOptions;
}

/**
 * Milliseconds. Servers that answer at once may be given up on soon, and those of the tests all do;
 * not so soon that a busy machine makes them late.
 */
const SHORT = {
  greeting: 2_000,
  handshake: 2_000,
  ehlo: 2_000,
  auth: 2_000,
  trial: 2_500,
} as const;

/** Everything a set-up needs, closed with it. */
export class Laboratory {
  readonly #closers: (() => Promise<unknown>)[] = [];
  readonly #directory = mkdtempSync(join(tmpdir(), 'gatepost-doctor-'));

  /** A mail server; what it is not told it does as a good one does. */
  async smtp(options: SmtpServerOptions = {}): Promise<SmtpServer> {
    const server = await startSmtpServer(options);
    this.#closers.push(async () => await server.close());
    return server;
  }

  /** Something else that listens. @returns its port */
  async listener(
    serve: (socket: Socket) => void,
    server: Server = createServer(),
    event = 'connection',
  ): Promise<number> {
    const sockets = new Set<Socket>();
    server.on('connection', (socket: Socket) => {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    });
    server.on(event, (socket: Socket) => serve(socket.on('error', () => {})));
    server.on('tlsClientError', () => {});
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    this.#closers.push(async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    });
    return (server.address() as AddressInfo).port;
  }

  /** Who says this as soon as somebody connects, and answers whatever it is told with `then`. */
  async speaker(first: string | Buffer, then?: string | Buffer): Promise<number> {
    return await this.listener((socket) => {
      if (first.length > 0) socket.write(first);
      socket.on('data', () => then && socket.write(then));
    });
  }

  /** A name server. */
  async dns(zone: Zone): Promise<DnsServer> {
    const server = await DnsServer.start(zone);
    this.#closers.push(async () => await server.close());
    return server;
  }

  /** A port where nobody listens. */
  async deadPort(): Promise<number> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    return port;
  }

  file(name: string, content: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, content);
    return path;
  }

  /** The settings that are right for a mail server, as a beginning. */
  settings(port: number, more: Env = {}): Env {
    return {
      SMTP_HOST: 'localhost',
      SMTP_PORT: String(port),
      SMTP_SENDER: 'noreply@sender.test',
      SMTP_EHLO_NAME: 'app.sender.test',
      SMTP_TLS_CA_FILE: this.file('ca.pem', testAuthority().cert),
      ...more,
    };
  }

  defer(close: () => Promise<unknown>): void {
    this.#closers.push(close);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#closers.map(async (close) => await close()));
    rmSync(this.#directory, { recursive: true });
  }
}

/** What a start makes of these settings. @throws with what is at fault */
export function planOf(env: Env): SmtpSettings {
  const configuration = loadConfiguration({ env });
  if (!configuration.ok) throw new Error(JSON.stringify(configuration.faults, null, 1));
  if (!configuration.smtp) throw new Error('no server is named');
  return configuration.smtp;
}

/** The doctor's report on a set-up; nothing is probed but what is said to be there. */
export async function examined({ env, options = {} }: SetUp): Promise<Report> {
  const names = Object.keys(env).filter((name) => env[name] !== undefined);
  const settings = names.map((name) => ({ name, source: null }));
  const limits = { ...SHORT, ...options.limits };
  return await examine(
    { plan: planOf(env), findings: [], settings, ms: 0 },
    { doors: [], ...options, limits },
  );
}

/** The settings as a fix would have them. */
export function fixed(env: Env, { set, unset }: Report['findings'][number]['fix']): Env {
  const without = Object.entries(env).filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(without), ...set };
}

/** One mail by the road of all mails. */
export async function sent(env: Env): Promise<Verdict> {
  const sender = new SmtpSender();
  try {
    return await sender.send(planOf(env), outgoing());
  } finally {
    await sender.close();
  }
}
