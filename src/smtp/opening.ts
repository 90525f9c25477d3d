import type { Socket } from 'node:net';
import SMTPConnection from 'nodemailer/lib/smtp-connection';
import { isLoopback, type SmtpSettings } from '#mailer-config';
import { NoAccessToken } from './access-token.js';
import { type Capabilities, chooseAuthMethod, parseCapabilities } from './capabilities.js';
import { BY_TOKEN, connectionOptions } from './connection-options.js';
import { watch } from './deadline.js';
import { parseReply } from './reply.js';
import type { OpenConnection } from './session.js';
import { type Cause, SmtpFailure, TokenRefused } from './smtp.errors.js';
import { readableChallenge, RefusedToken, type TokenMethod } from './token-sign-in.js';
import type { Submission } from './submission.js';
import type { Fault, Stage } from './verdict.js';

/** What nodemailer tells its logger; the part that is used here. */
interface LogEntry {
  readonly tnx?: string;
  readonly remotePort?: number;
}

interface ConnectionError extends Error {
  readonly code?: string;
  readonly originalCode?: string;
  readonly response?: string;
}

/** nodemailer's own words for a connection that ended; they say no more than the stage does. */
const NODEMAILER_CODES = new Set(['ECONNECTION', 'ESOCKET', 'ETLS', 'EAUTH']);

/** AUTH LOGIN asks three times; the deadline for the whole of it. */
const AUTH_ROUND_TRIPS = 3;

/**
 * Secures a connection and signs in, with nodemailer's SMTPConnection on a socket of ours, then
 * takes the socket over.
 */
export class Opening {
  #stage: Stage;
  #stopWatch: () => void = () => {};
  #capabilities: Capabilities | undefined;
  #token: string | undefined;
  readonly #ended = new AbortController();
  readonly #done = Promise.withResolvers<OpenConnection>();
  readonly #connection: SMTPConnection;

  /** @param socket connected; nothing has been read from it */
  constructor(
    private readonly account: SmtpSettings,
    private readonly submission: Submission,
    private readonly socket: Socket,
  ) {
    this.#stage = account.security === 'implicit-tls' ? 'tls' : 'greeting';
    this.#connection = new SMTPConnection({
      ...connectionOptions(account),
      connection: socket,
      transactionLog: true,
      logger: this.#logger(),
    });
  }

  /**
   * @param ms what is left of the time for connecting, which a TLS handshake is part of
   * @param getToken where an access token is wanted
   * @throws SmtpFailure with the stage it ended at
   */
  async run(
    ms: number,
    getToken: (signal: AbortSignal) => Promise<string>,
  ): Promise<OpenConnection> {
    this.#enter(this.#stage, this.#stage === 'tls' ? ms : this.account.timeouts.greeting);
    this.#connection.on('error', (error: ConnectionError) => this.#failWith(error));
    this.#connection.on('end', () => this.#fail(this.#stage, lost(undefined)));
    // its end has been told already, and nodemailer would wait for it
    if (this.socket.destroyed) this.#fail(this.#stage, lost(undefined));
    else this.#open(getToken).catch((fault: unknown) => this.#end(fault));
    return await this.#done.promise;
  }

  async #open(getToken: (signal: AbortSignal) => Promise<string>): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#connection.connect((error) => (error ? this.#failWith(error) : resolve()));
    });
    await this.#signIn(getToken);
  }

  async #signIn(getToken: (signal: AbortSignal) => Promise<string>): Promise<void> {
    const { secure, lastServerResponse } = this.#connection;
    const { auth, requireTls, timeouts } = this.account;
    if (requireTls && !secure)
      return this.#fail('tls', policy('The connection is not encrypted, so nothing was sent.'));
    this.#capabilities = parseCapabilities(lastServerResponse || '');
    const choice = chooseAuthMethod(auth, this.#capabilities.authMethods, secure);
    if (choice.kind === 'impossible')
      return this.#fail('auth', policy(choice.sentence, choice.fault));
    if (choice.kind === 'no-sign-in') return this.#succeed();
    if (choice.kind === 'method')
      return this.#login({ pass: auth.password, method: choice.method });
    if (!secure && !this.#staysHere()) return this.#fail('auth', policy(TOKEN_IN_CLEAR));
    this.#enter('oauth2', timeouts.command);
    try {
      this.#token = await getToken(this.#ended.signal);
    } catch (error) {
      if (!(error instanceof NoAccessToken)) throw error;
      return this.#fail('oauth2', policy(error.message, `token-${error.kind}`));
    }
    if (this.#ended.signal.aborted) return;
    this.submission.tokens.add(this.#token);
    this.#login({ pass: this.#token, method: BY_TOKEN, mechanism: choice.method });
  }

  #login(auth: { pass: string | undefined; method: string; mechanism?: TokenMethod }): void {
    this.#enter('auth', this.account.timeouts.command * AUTH_ROUND_TRIPS);
    this.#connection.login({ user: this.account.auth.username, ...auth }, (error) =>
      error ? this.#failWith(error) : this.#signedIn(),
    );
  }

  /** RFC 4954 section 4 wants 235; nodemailer takes any 2yz. */
  #signedIn(): void {
    const response = this.#connection.lastServerResponse || '';
    if (parseReply(response)?.code === 235) return this.#succeed();
    this.#failWith(Object.assign(new Error('not signed in'), { response }));
  }

  /** RFC 6750 section 5.2 wants encryption wherever a token could be seen by others. */
  #staysHere(): boolean {
    return !this.account.proxy && isLoopback(this.socket.remoteAddress ?? '');
  }

  // From here on the socket's replies are ours. nodemailer keeps its listeners for the end of
  // the connection, which close what is closed already.
  #succeed(): void {
    const socket = this.#connection._socket;
    if (this.#ended.signal.aborted || !socket || !this.#capabilities) return;
    this.#settle();
    this.#connection.removeAllListeners();
    this.#connection.on('error', () => socket.destroy());
    socket.removeAllListeners('data');
    socket.removeAllListeners('timeout');
    socket.setTimeout(0);
    // what comes before the session listens must wait for it
    socket.pause();
    this.#done.resolve({ socket, capabilities: this.#capabilities, token: this.#token });
  }

  #failWith(error: ConnectionError): void {
    const code = error.originalCode ?? error.code;
    // with TLS 1.3 the server judges our certificate when for us the handshake is over
    const stage = code?.startsWith('ERR_SSL_') ? 'tls' : this.#stage;
    const reply = error.response ? parseReply(error.response) : undefined;
    if (reply && this.#token && error instanceof RefusedToken)
      return this.#end(new TokenRefused(this.#token, { kind: 'reply', reply }));
    if (reply) return this.#fail(stage, { kind: 'reply', reply });
    if (error.response) return this.#fail(stage, { kind: 'malformed', received: error.response });
    if (code === 'EPROTOCOL')
      return this.#fail(stage, { kind: 'malformed', received: 'more than a reply can hold' });
    this.#fail(stage, lost(code && NODEMAILER_CODES.has(code) ? undefined : code));
  }

  #fail(stage: Stage, why: Cause): void {
    this.#end(new SmtpFailure(stage, why));
  }

  #end(error: unknown): void {
    if (this.#ended.signal.aborted) return;
    this.#settle();
    this.#connection.close();
    this.socket.destroy();
    this.#done.reject(error);
  }

  #settle(): void {
    this.#ended.abort();
    this.#stopWatch();
  }

  #enter(stage: Stage, ms: number): void {
    if (this.#ended.signal.aborted) return;
    this.#stage = stage;
    this.#watch(ms);
  }

  #watch(ms: number): void {
    this.#stopWatch();
    this.#stopWatch = watch(ms, this.submission.bounds.signal, (why) =>
      this.#fail(this.#stage, why),
    );
  }

  #logger() {
    const { greeting } = this.account.timeouts;
    const log = (entry: LogEntry, text: string): void => {
      if (entry.tnx === 'network' && entry.remotePort) this.#enter('greeting', greeting);
      else if (entry.tnx === 'client') this.#said(text);
      else if (entry.tnx === 'server') this.#heard(text);
    };
    return { trace: log, debug: log, info: log, warn: log, error: log, fatal: log };
  }

  #said(command: string): void {
    const { command: ms } = this.account.timeouts;
    if (this.#stage === 'auth') return this.submission.transcript.clientSecret(command);
    this.submission.transcript.client(command);
    this.#enter(command === 'STARTTLS' ? 'tls' : 'ehlo', ms);
  }

  #heard(reply: string): void {
    this.submission.transcript.server(this.#stage === 'auth' ? readableChallenge(reply) : reply);
    // 220 to STARTTLS: the handshake begins, and has the time of a connection
    if (this.#stage === 'tls') this.#watch(this.account.timeouts.connect);
  }
}

const TOKEN_IN_CLEAR =
  'An access token is never sent in clear text, so nothing was sent. Set SMTP_TLS=true for port 465, or SMTP_OPPORTUNISTIC_TLS=true and SMTP_REQUIRE_TLS=true for port 587.';

const lost = (code: string | undefined): Cause => ({ kind: 'lost', code, received: '' });
const policy = (sentence: string, fault?: Fault): Cause => ({
  kind: 'policy',
  sentence,
  ...(fault && { fault }),
});
