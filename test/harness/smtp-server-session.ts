import type { Socket } from 'node:net';
import { perform } from './smtp-performer.js';
import { type Moment, replyText, type ScriptStage } from './smtp-script.js';
import { signIn } from './smtp-server-auth.js';
import type { ReceivedConnection, ReceivedMessage, SmtpServer } from './smtp-server.js';
import { securedServerSide, tlsOf } from './smtp-server-tls.js';
import { ServerTransaction } from './smtp-server-transaction.js';
import { SocketReader } from './socket-reader.js';

const DEFAULT_BODY_AT = 3;
const DEFAULT_EXTENSIONS = ['PIPELINING', 'SIZE 10485760', '8BITMIME', 'ENHANCEDSTATUSCODES'];

/** One session on the server's side, read from top to bottom: a reply, then the next command. */
export class SmtpServerSession {
  socket: Socket;
  private reader: SocketReader;
  private servername = '';
  private user: string | undefined;
  private transaction = new ServerTransaction();
  private accepted = 0;
  /** It has said 421 to RSET, so that MAIL is refused. */
  private closing = false;

  constructor(
    private readonly server: SmtpServer,
    readonly tcp: Socket,
    private readonly connection: ReceivedConnection,
  ) {
    this.socket = tcp;
    this.reader = new SocketReader(tcp);
  }

  /** Ends when the client, or the script, ends the connection. */
  async run(): Promise<void> {
    try {
      await this.talk();
    } finally {
      if (this.transaction.begun) this.server.recordUnfinished(this.received(0));
    }
  }

  private async talk(): Promise<void> {
    if (this.server.options.tls === 'implicit') {
      this.secure();
      const { socket } = this;
      const handshake = new Promise((resolve) => socket.once('secure', resolve));
      await Promise.race([handshake, this.reader.closed()]);
    }
    const refusal = this.server.limits.atGreeting();
    if (refusal) return void (await perform(this, refusal, ''));
    let open = (await this.answer('greeting', '', 220, 'sink.test ESMTP')) !== 0;
    while (open) open = await this.command(await this.readLine());
    this.socket.end();
  }

  private async readLine(): Promise<string> {
    const line = await this.reader.line();
    this.connection.commands.push(line);
    this.connection.segments = this.reader.reads;
    return line;
  }

  private secure(): void {
    this.socket = securedServerSide(this.socket, this.server, (name) => (this.servername = name));
    this.connection.secure = true;
    this.reader = new SocketReader(this.socket);
  }

  /** @returns false: the session is over */
  private async command(line: string): Promise<boolean> {
    const verb = line.split(' ', 1)[0]?.toUpperCase();
    switch (verb) {
      case 'EHLO':
        return (await this.answer('ehlo', line, 250, this.capabilities())) !== 0;
      case 'HELO':
        return (await this.answer('ehlo', line, 250, 'sink.test')) !== 0;
      case 'STARTTLS':
        return await this.startTls(line);
      case 'AUTH':
        return await this.authenticate(line);
      case 'MAIL':
        return await this.mail(line);
      case 'RCPT':
        return await this.rcpt(line);
      case 'DATA':
        return await this.data(line);
      case 'BDAT':
        return await this.bdat(line);
      case 'RSET':
        return await this.reset(line);
      case 'NOOP':
        return await this.send(250, '2.0.0 ok');
      case 'QUIT':
        await this.answer('quit', line, 221, '2.0.0 bye');
        return false;
      default:
        return await this.send(500, '5.5.2 what?');
    }
  }

  private capabilities(): string[] {
    const { tls = 'none', auth, extensions = DEFAULT_EXTENSIONS } = this.server.options;
    const { secure } = this.connection;
    const offersAuth = auth && (secure || tls === 'none' || auth.inClear);
    return [
      'sink.test',
      ...extensions,
      ...(tls === 'starttls' && !secure ? ['STARTTLS'] : []),
      ...(offersAuth && auth.methods?.length !== 0
        ? [`AUTH ${(auth.methods ?? ['PLAIN', 'LOGIN']).join(' ')}`]
        : []),
    ];
  }

  private async startTls(line: string): Promise<boolean> {
    if (this.server.options.tls !== 'starttls') return await this.send(502, '5.5.1 not here');
    const code = await this.answer('starttls', line, 220, '2.0.0 go ahead');
    if (code === 220) this.secure();
    return code !== 0;
  }

  private async authenticate(line: string): Promise<boolean> {
    const { auth } = this.server.options;
    if (!auth) return await this.send(503, '5.5.1 no AUTH here');
    const user = await signIn(line, auth, async (prompt) => {
      await this.send(334, Buffer.from(prompt as Buffer).toString('base64'));
      return await this.readLine();
    });
    const code = user
      ? await this.answer('auth', line, 235, '2.7.0 ok')
      : await this.answer('auth', line, 535, '5.7.8 authentication failed');
    if (code === 235) this.user = user;
    return code !== 0;
  }

  private async reset(line: string): Promise<boolean> {
    this.forget();
    const code = await this.answer('rset', line, 250, '2.0.0 ok');
    this.closing ||= code === 421;
    return code !== 0;
  }

  private async mail(line: string): Promise<boolean> {
    if (this.closing) return await this.send(503, '5.5.1 closing');
    if (this.transaction.from) return await this.send(503, '5.5.1 nested MAIL');
    if (this.server.options.auth?.required && !this.user)
      return await this.send(530, '5.7.0 authentication required');
    const refusal = this.server.limits.atMail(this.accepted);
    if (refusal) return (await perform(this, refusal, '')) !== 0;
    this.transaction.mailAt = Date.now();
    this.transaction.from = addressIn(line);
    const code = await this.answer('mail', line, 250, '2.1.0 ok');
    if (isPositive(code)) this.transaction.parameters = [line];
    else this.forget();
    return code !== 0;
  }

  private async rcpt(line: string): Promise<boolean> {
    const { from, chunked, rcpts, parameters } = this.transaction;
    if (!from || chunked) return await this.send(503, '5.5.1 MAIL first');
    const code = await this.answer('rcpt', line, 250, '2.1.5 ok');
    if (isPositive(code)) {
      rcpts.push(addressIn(line));
      parameters.push(line);
    }
    return code !== 0;
  }

  private async data(line: string): Promise<boolean> {
    const { rcpts, chunked } = this.transaction;
    const ready = rcpts.length > 0 && !chunked;
    const code = ready
      ? await this.answer('data', line, 354, 'go ahead')
      : await this.answer('data', line, 503, '5.5.1 RCPT first');
    if (code !== 354) return code !== 0;
    const { octets = DEFAULT_BODY_AT } = this.server.script;
    const onBody = async () => (await this.answer('body', '', undefined)) !== 0;
    if (!(await this.transaction.readData(this.reader, octets, onBody))) return false;
    return await this.end(line);
  }

  private async bdat(line: string): Promise<boolean> {
    const { extensions = DEFAULT_EXTENSIONS } = this.server.options;
    if (!extensions.includes('CHUNKING')) return await this.send(502, '5.5.1 not here');
    const [, octets, last] = /^BDAT (\d{1,9})( LAST)?$/i.exec(line) ?? [];
    if (octets === undefined) return await this.send(501, '5.5.4 BDAT size [LAST]');
    const { transaction } = this;
    const keep = transaction.rcpts.length > 0 && !transaction.failed;
    const chunk = { size: Number(octets), isLast: last !== undefined, keep };
    const { octets: at = DEFAULT_BODY_AT } = this.server.script;
    const onBody = async () => (await this.answer('body', line, undefined)) !== 0;
    if (!(await transaction.readChunk(this.reader, chunk, at, onBody))) return false;
    if (keep && chunk.isLast) return await this.end(line);
    const code = keep
      ? await this.answer('bdat', line, 250, `2.0.0 ${octets} octets`)
      : await this.answer('bdat', line, 503, '5.5.1 RCPT first');
    // What a server does next after a refused chunk is its own affair; RFC 3030 section 2 wants RSET.
    if (!isPositive(code)) transaction.failed = true;
    if (transaction.failed && chunk.isLast && this.server.options.endsFailedChunks) this.forget();
    return code !== 0;
  }

  /** Answers the end of a message and records it. */
  private async end(line: string): Promise<boolean> {
    const { transaction } = this;
    // From here on it has been received, whatever comes of it.
    this.transaction = new ServerTransaction();
    const code = await this.answer('dot', line, 250, '2.0.0 queued', transaction);
    if (isPositive(code)) this.accepted += 1;
    if (transaction.rcpts.length > 0) this.server.record(this.received(code, transaction));
    return code !== 0;
  }

  private received(replyCode: number, transaction = this.transaction): ReceivedMessage {
    const { number: connection } = this.connection;
    return transaction.received(
      { connection, tls: tlsOf(this.socket, this.servername), user: this.user },
      replyCode,
    );
  }

  private forget(): void {
    this.transaction = new ServerTransaction();
  }

  /** What the script wants here, else the ordinary reply (none where `code` is undefined).
   * @returns the code that was sent, 0 when the script ended the session, 1 for no reply */
  private async answer(
    stage: ScriptStage,
    line: string,
    code: number | undefined,
    text: string | readonly string[] = '',
    transaction = this.transaction,
  ): Promise<number> {
    const step = this.server.script[stage];
    const act = typeof step === 'function' ? step(this.moment(line, transaction)) : step;
    return await perform(this, act, code === undefined ? '' : replyText(code, text));
  }

  private moment(line: string, { from, rcpts, octets }: ServerTransaction): Moment {
    const { accepted } = this;
    const { number, secure } = this.connection;
    return { connection: number, line, secure, from, rcpts: [...rcpts], accepted, wire: octets };
  }

  private async send(code: number, text: string): Promise<boolean> {
    return (await perform(this, undefined, replyText(code, text))) !== 0;
  }
}

const isPositive = (code: number): boolean => code >= 200 && code < 300;

const addressIn = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? '';
