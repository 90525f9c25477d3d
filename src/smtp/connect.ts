import type { Socket } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import type { SmtpSettings } from '#mailer-config';
import { chooseAuthMethod, parseCapabilities } from './capabilities.js';
import { connectionOptions } from './connection-options.js';
import { watch } from './deadline.js';
import { openTunnel } from './proxy.js';
import { parseReply } from './reply.js';
import { SmtpSession } from './session.js';
import { type Cause, SmtpFailure } from './smtp.errors.js';
import type { Attempt } from './transaction.js';
import type { Stage } from './verdict.js';

/** What nodemailer tells its logger; the part that is used here. */
interface LogEntry {
  readonly tnx?: string;
  readonly remotePort?: number;
}

interface ConnectionError extends Error {
  readonly code?: string;
  readonly originalCode?: string;
  readonly syscall?: string;
  readonly response?: string;
}

/** nodemailer's own words for a connection that ended; they say no more than the stage does. */
const NODEMAILER_CODES = new Set(['ECONNECTION', 'ESOCKET', 'ETLS', 'EDNS']);

/** AUTH LOGIN asks three times; the deadline for the whole of it. */
const AUTH_ROUND_TRIPS = 3;

/**
 * Connects, secures and signs in with nodemailer's SMTPConnection, then takes its socket over.
 * @throws SmtpFailure with the stage it ended at; nothing was handed over
 */
export async function openSession(account: SmtpSettings, attempt: Attempt): Promise<SmtpSession> {
  const began = performance.now();
  const { proxy, timeouts } = account;
  const tunnel = proxy && (await openTunnel(account, proxy, attempt.signal));
  const left = Math.max(Math.round(timeouts.connect - (performance.now() - began)), 1);
  return await new Promise((resolve, reject) => {
    new Opening(account, attempt, tunnel, resolve, reject).start(left);
  });
}

class Opening {
  #stage: Stage;
  #stopWatch: () => void = () => {};
  #settled = false;
  readonly #connection: SMTPConnection;

  constructor(
    private readonly account: SmtpSettings,
    private readonly attempt: Attempt,
    tunnel: Socket | undefined,
    private readonly resolve: (session: SmtpSession) => void,
    private readonly reject: (failure: SmtpFailure) => void,
  ) {
    this.#stage = tunnel ? 'tcp' : 'dns';
    this.#connection = new SMTPConnection({
      ...connectionOptions(account),
      ...(tunnel && { connection: tunnel }),
      transactionLog: true,
      logger: this.#logger(),
    });
  }

  /** @param ms what is left of the time for connecting */
  start(ms: number): void {
    this.#watch(ms);
    this.#connection.on('error', (error: ConnectionError) => this.#failWith(error));
    this.#connection.on('end', () => this.#fail(this.#stage, lost(undefined)));
    this.#connection.connect((error) => {
      if (error) this.#failWith(error);
      else this.#signIn();
    });
  }

  #signIn(): void {
    const { secure, lastServerResponse } = this.#connection;
    if (this.account.requireTls && !secure)
      return this.#fail('tls', policy('The connection is not encrypted, so nothing was sent.'));
    const capabilities = parseCapabilities(lastServerResponse || '');
    const { auth } = this.account;
    const choice = chooseAuthMethod(auth, capabilities.authMethods, secure);
    if (choice.kind === 'impossible') return this.#fail('auth', policy(choice.sentence));
    const takeOver = (): void =>
      this.#succeed((socket) => new SmtpSession(socket, capabilities, this.account.timeouts));
    if (choice.kind === 'no-sign-in') return takeOver();
    this.#enter('auth', this.account.timeouts.command * AUTH_ROUND_TRIPS);
    this.#connection.login(
      { user: auth.username, pass: auth.password, method: choice.method },
      (error) => (error ? this.#failWith(error) : takeOver()),
    );
  }

  // From here on the socket's replies are ours. nodemailer keeps its listeners for the end of
  // the connection, which close what is closed already.
  #succeed(session: (socket: Socket) => SmtpSession): void {
    const socket = this.#connection._socket;
    if (this.#settled || !socket) return;
    this.#settle();
    this.#connection.removeAllListeners();
    this.#connection.on('error', () => socket.destroy());
    socket.removeAllListeners('data');
    socket.removeAllListeners('timeout');
    socket.setTimeout(0);
    this.resolve(session(socket));
  }

  #failWith(error: ConnectionError): void {
    const code = error.originalCode ?? error.code;
    const reply = error.response ? parseReply(error.response) : undefined;
    const stage = this.#stageOf(error);
    if (reply) return this.#fail(stage, { kind: 'reply', reply });
    if (error.response) return this.#fail(stage, { kind: 'malformed', received: error.response });
    if (code === 'EPROTOCOL')
      return this.#fail(stage, { kind: 'malformed', received: 'more than a reply can hold' });
    this.#fail(stage, lost(code && NODEMAILER_CODES.has(code) ? undefined : code));
  }

  // With implicit TLS nothing is said between TCP and TLS; the error tells them apart.
  #stageOf(error: ConnectionError): Stage {
    if (this.#stage !== 'tcp' || this.account.security !== 'implicit-tls') return this.#stage;
    // several addresses were tried: an AggregateError, which names no call
    return error.syscall === 'connect' || error instanceof AggregateError ? 'tcp' : 'tls';
  }

  #fail(stage: Stage, why: Cause): void {
    if (this.#settled) return;
    this.#settle();
    this.#connection.close();
    this.reject(new SmtpFailure(stage, why));
  }

  #settle(): void {
    this.#settled = true;
    this.#stopWatch();
  }

  #enter(stage: Stage, ms: number): void {
    if (this.#settled) return;
    this.#stage = stage;
    this.#watch(ms);
  }

  #watch(ms: number): void {
    this.#stopWatch();
    this.#stopWatch = watch(ms, this.attempt.signal, (why) => {
      const { _socket: socket } = this.#connection;
      const handshake = this.#stage === 'tcp' && socket && !socket.connecting;
      this.#fail(handshake ? 'tls' : this.#stage, why);
    });
  }

  #logger() {
    const { greeting } = this.account.timeouts;
    const log = (entry: LogEntry, text: string): void => {
      if (entry.tnx === 'dns') this.#stage = 'tcp';
      else if (entry.tnx === 'network' && entry.remotePort) this.#enter('greeting', greeting);
      else if (entry.tnx === 'client') this.#said(text);
      else if (entry.tnx === 'server') this.#heard(text);
    };
    return { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
  }

  #said(command: string): void {
    const { command: ms } = this.account.timeouts;
    if (this.#stage === 'auth') return this.attempt.transcript.clientSecret(command);
    this.attempt.transcript.client(command);
    this.#enter(command === 'STARTTLS' ? 'tls' : 'ehlo', ms);
  }

  #heard(reply: string): void {
    this.attempt.transcript.server(reply);
    // 220 to STARTTLS: the handshake begins, and has the time of a connection
    if (this.#stage === 'tls') this.#watch(this.account.timeouts.connect);
  }
}

const lost = (code: string | undefined): Cause => ({ kind: 'lost', code, received: '' });
const policy = (sentence: string): Cause => ({ kind: 'policy', sentence });
