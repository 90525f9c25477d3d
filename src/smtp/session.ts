import type { Socket } from 'node:net';
import type { Rung, SmtpSettings } from '#mailer-config';
import type { Capabilities } from './capabilities.js';
import { DESCRIPTIONS, type Ladder, type Trouble } from './ladder.js';
import { MalformedReply, type Reply, ReplyParser } from './reply.js';
import { ReplyTimer } from './reply-timer.js';
import { SendWindow } from './send-window.js';
import type { Cause } from './smtp.errors.js';
import type { Ending, Submission } from './submission.js';
import type { Wire } from './message-body.js';
import { outOfTurn, Transaction } from './transaction.js';
import type { Outcome } from './verdict.js';

/** A connection that is secured and signed in. */
export interface OpenConnection {
  /** Paused: nothing of what comes next has been read. */
  readonly socket: Socket;
  readonly capabilities: Capabilities;
  /** What was signed in with; it may expire, and the session goes on. */
  readonly token: string | undefined;
}

/** Who has given it its mails. */
export interface SessionObserver {
  /** Another mail may have room, or the session is over. */
  changed(): void;
  /** A mail was answered. @param ms that it had the connection, or a share of it, for itself */
  done(ms: number, isAccepted: boolean): void;
}

/** Milliseconds since it was last heard of in which a server counts as being there. */
const ALIVE = 1_000;
/** Milliseconds for the answer to QUIT. */
const FAREWELL = 1_000;

/**
 * The mails on one connection, in the order of their replies. How many there are at once, and
 * what is written before what is answered, is up to the rung they are on.
 */
export class SmtpSession implements Wire {
  readonly openedAt = performance.now();
  /** Resolves once the socket is gone. */
  readonly closed: Promise<void>;
  /** When the last mail was begun. */
  usedAt = this.openedAt;
  /** It has carried a message. A connection may die of old age while it is idle. */
  #hasCarried = false;
  readonly #parser = new ReplyParser();
  readonly #window: SendWindow;
  /** Begun and not done; the first one waits for the next reply. */
  readonly #live: Transaction[] = [];
  #leftOpen = false;
  /** The server's 421 (RFC 5321 section 3.8), while it may still answer what is behind it. */
  #goodbye: Cause | undefined;
  #isOver = false;
  #isLeaving = false;
  #isCorked = false;
  /** `performance.now()` of the last octets of the server. */
  #heardAt = this.openedAt;
  /** Since when the next reply is awaited. */
  #since = this.openedAt;
  /** When the last mail was done, or the first one begun. */
  #doneAt = this.openedAt;
  readonly #timer = new ReplyTimer(
    () => this.#live[0]?.deadline(this.#since),
    (ms) => this.#fail({ kind: 'deadline', ms }, 'doubt'),
  );

  constructor(
    private readonly connection: OpenConnection,
    private readonly settings: Pick<SmtpSettings, 'timeouts' | 'maxInFlight'>,
    private readonly ladder: Ladder,
    private readonly observer: SessionObserver,
  ) {
    this.#window = new SendWindow(settings.maxInFlight);
    const { socket } = connection;
    this.closed = new Promise((resolve) => {
      if (socket.destroyed) resolve();
      else socket.once('close', () => resolve());
    });
    socket.on('data', (octets: Buffer) => this.#read(octets));
    socket.on('end', () => this.#lost(undefined));
    socket.on('close', () => this.#lost(undefined));
    socket.on('error', ({ code }: NodeJS.ErrnoException) => this.#lost(code));
    socket.resume();
    if (socket.destroyed) this.#lost(undefined);
  }

  get inFlight(): number {
    return this.#live.length;
  }

  /** May another mail be begun now? */
  get hasRoom(): boolean {
    if (this.#isOver || this.#isLeaving || this.#goodbye) return false;
    if (!this.connection.socket.writable) return false;
    const last = this.#live.at(-1);
    if (!last) return true;
    const rung = this.#rung;
    if (rung !== last.rung || !last.isClear) return false;
    return this.#live.length < this.depth && (rung === 'chunking' || rung === 'pipelining');
  }

  /** How many mails it has under way at once where there are enough. */
  get depth(): number {
    switch (this.#rung) {
      case 'chunking':
        return this.#window.size;
      case 'pipelining':
        return 2;
      default:
        return 1;
    }
  }

  /** Takes a mail, while there is room; tells the submission how it ended. */
  begin(submission: Submission): void {
    const { capabilities, token } = this.connection;
    if (token) submission.tokens.add(token);
    const rung = this.#rung;
    const message = submission.compose(capabilities.eightBitMime);
    if (!message) return;
    const octets = message.raw.length;
    if (octets > (capabilities.maxSize ?? Infinity))
      return submission.end(tooBig(octets, capabilities.maxSize ?? Infinity));
    const isAlone = this.#live.length === 0;
    const now = performance.now();
    if (isAlone) this.#since = this.#doneAt = now;
    const transaction = new Transaction(submission, message, this, {
      rung,
      timeouts: this.settings.timeouts,
      takesSize: capabilities.size,
      reset: this.#leftOpen || (rung === 'chunking' && !isAlone),
      isSecond: this.#hasCarried,
    });
    this.#live.push(transaction);
    this.usedAt = now;
    this.#leftOpen = false;
    // The first message on a connection, and the first after a while, waits for its envelope to be
    // answered: so that one that is dead is found out before anything is handed over.
    transaction.begin(this.#hasCarried && (!isAlone || now - this.#heardAt < ALIVE));
    this.#hasCarried = true;
    this.#timer.watch();
  }

  /** A mail that nobody waits for any more. */
  giveUp(submission: Submission): void {
    const transaction = this.#live.find((each) => each.submission === submission);
    if (!transaction || transaction.giveUp()) return;
    this.#isLeaving = true;
    if (this.#live[0] === transaction) this.end({ kind: 'aborted' });
  }

  /** What is written in one go leaves in one segment. */
  write(octets: string | Buffer, written?: (error?: Error | null) => void): void {
    const { socket } = this.connection;
    if (!this.#isCorked) {
      this.#isCorked = true;
      socket.cork();
      process.nextTick(() => {
        this.#isCorked = false;
        socket.uncork();
      });
    }
    socket.write(octets, written);
  }

  /** No message is begun any more; QUIT once those under way are done, without a long farewell
   * (RFC 5321 section 4.1.1.10). */
  quit(): void {
    this.#isLeaving = true;
    if (this.#live.length > 0 || this.#isOver) return;
    this.#isOver = true;
    this.#timer.stop();
    this.connection.socket.end('QUIT\r\n');
    setTimeout(() => this.connection.socket.destroy(), FAREWELL).unref();
  }

  /** At once, whatever is under way. */
  end(why: Cause): void {
    this.#fail(why, undefined);
  }

  get #rung(): Rung {
    return this.ladder.rungFor(this.connection.capabilities, performance.now());
  }

  #read(octets: Buffer): void {
    this.#heardAt = performance.now();
    this.#parser.push(octets);
    try {
      for (let reply = this.#parser.next(); reply && !this.#isOver; reply = this.#parser.next())
        this.#heard(reply);
    } catch (error) {
      if (!(error instanceof MalformedReply)) throw error;
      this.#fail({ kind: 'malformed', received: error.received }, 'disorder');
    }
    this.#timer.watch();
    this.observer.changed();
  }

  #heard(reply: Reply): void {
    const [first] = this.#live;
    // While idle a server says nothing; whatever it does say (421) ends the session.
    if (!first) return this.#fail(outOfTurn(reply), undefined);
    this.#since = this.#heardAt;
    const why = first.heard(reply);
    // What is behind it may be answered all the same, by a server that does not close at once.
    if (why && isGoodbye(why) && (this.#live.length > 1 || first.refusedReset)) this.#goodbye = why;
    else if (why) return this.#fail(why, why.kind === 'aborted' ? undefined : 'disorder');
    if (first.refusedReset && !this.#isLeaving && !this.#goodbye) {
      this.#isLeaving = true;
      this.#blame(first, 'disorder');
    }
    if (!first.isDone) return;
    this.#live.shift();
    this.#leftOpen = first.leavesOpen;
    this.#learn(first.ending?.outcome);
    if (this.#live[0]?.isGivenUp) this.end({ kind: 'aborted' });
    if (this.#goodbye && this.#live.length === 0) this.end(this.#goodbye);
    if (this.#isLeaving) this.quit();
  }

  #learn(outcome: Outcome | undefined): void {
    const isAccepted = outcome === 'accepted';
    if (isAccepted) this.#window.grow();
    else if (outcome === 'deferred') this.#window.shrink();
    if (isAccepted) this.ladder.worked();
    this.observer.done(this.#heardAt - this.#doneAt, isAccepted);
    this.#doneAt = this.#heardAt;
  }

  #lost(code: string | undefined): void {
    this.#fail({ kind: 'lost', code, received: this.#parser.unfinished }, 'doubt');
  }

  #fail(why: Cause, trouble: Trouble | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#timer.stop();
    const [first] = this.#live;
    const isAhead = this.#live.length > 1 || first?.isAhead === true;
    const isToBlame = trouble && !isGoodbye(why) && !this.#goodbye;
    if (first && isToBlame && (isAhead || first.refusedBdat)) this.#blame(first, trouble);
    // Ended in order: all that the server has said is here. A reset may have swallowed an answer.
    const isInOrder = why.kind === 'lost' && why.code === undefined;
    const last = isInOrder ? (this.#goodbye ?? why) : why;
    for (const transaction of this.#live.splice(0)) transaction.lost(last, last === this.#goodbye);
    this.connection.socket.destroy();
    this.observer.changed();
  }

  #blame(transaction: Transaction, trouble: Trouble): void {
    const next = this.ladder.blame(transaction.rung, trouble, performance.now());
    if (next) transaction.submission.transcript.note(`from now on ${DESCRIPTIONS[next]}`);
  }
}

const tooBig = (octets: number, limit: number): Ending => ({
  outcome: 'rejected',
  stage: 'mail',
  why: {
    kind: 'policy',
    sentence: `The message has ${octets} octets and the server takes at most ${limit}. It is not tried again.`,
  },
});

/** The server closes the channel (RFC 5321 section 3.8). */
const isGoodbye = (why: Cause): boolean => why.kind === 'reply' && why.reply.code === 421;
