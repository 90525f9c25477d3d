import type { ReceivedMessage } from './smtp-server.js';
import { ConnectionEnded, type SocketReader } from './socket-reader.js';

const END_OF_MESSAGE = Buffer.from('\r\n.\r\n');
const EMPTY_MESSAGE = Buffer.from('.\r\n');

/** One mail transaction on the server's side: its envelope, and as much of its message as came. */
export class ServerTransaction {
  from = '';
  rcpts: string[] = [];
  parameters: string[] = [];
  mailAt = 0;
  /** The message is coming in chunks (RFC 3030): nothing but more of them may follow. */
  chunked = false;
  /** A chunk was refused; those that are on their way are read and thrown away. */
  failed = false;
  private wire: Buffer = Buffer.alloc(0);
  private bodySeen = false;

  /** Octets of the message that were read before the end. */
  get octets(): Buffer {
    return this.wire;
  }

  get begun(): boolean {
    return this.bodySeen;
  }

  /**
   * The whole message after DATA.
   *
   * @param at how many octets are read before `onBody` is called
   * @param onBody false: the session is over
   */
  async readData(
    reader: SocketReader,
    at: number,
    onBody: () => Promise<boolean>,
  ): Promise<boolean> {
    this.bodySeen = true;
    try {
      const begin = await reader.peek(EMPTY_MESSAGE.length);
      // After a refused RCPT the message is the dot alone: RFC 2920 section 3.1.
      const isEmpty = begin.equals(EMPTY_MESSAGE);
      if (!isEmpty) await reader.reach(at, END_OF_MESSAGE);
      if (!(await onBody())) {
        this.wire = Buffer.from(reader.unread);
        return false;
      }
      this.wire = await reader.through(isEmpty ? EMPTY_MESSAGE : END_OF_MESSAGE);
      return true;
    } catch (error) {
      if (error instanceof ConnectionEnded) this.wire = Buffer.from(reader.unread);
      throw error;
    }
  }

  /** One chunk. It is read in any case (RFC 3030 section 2), kept where `keep` says so. */
  async readChunk(
    reader: SocketReader,
    { size, isLast, keep }: { size: number; isLast: boolean; keep: boolean },
    at: number,
    onBody: () => Promise<boolean>,
  ): Promise<boolean> {
    if (!keep) {
      await reader.octets(size);
      return true;
    }
    this.chunked = true;
    const before = this.wire;
    try {
      if (!this.bodySeen && (isLast || before.length + size >= at)) {
        this.bodySeen = true;
        await reader.peek(Math.min(size, Math.max(0, at - before.length)));
        if (!(await onBody())) {
          this.wire = Buffer.concat([before, reader.unread.subarray(0, size)]);
          return false;
        }
      }
      this.wire = Buffer.concat([before, await reader.octets(size)]);
      return true;
    } catch (error) {
      if (error instanceof ConnectionEnded) this.wire = Buffer.concat([before, reader.unread]);
      throw error;
    }
  }

  /** What is recorded of it, the rest of the session given. */
  received(
    session: Pick<ReceivedMessage, 'connection' | 'tls' | 'user'>,
    replyCode: number,
  ): ReceivedMessage {
    const { from, rcpts, parameters, mailAt, wire, chunked } = this;
    return {
      ...session,
      from,
      rcpts,
      parameters,
      raw: chunked ? wire : unstuff(wire),
      wire,
      by: chunked ? 'bdat' : 'data',
      accepted: replyCode >= 200 && replyCode < 300,
      replyCode,
      mailAt,
      doneAt: Date.now(),
    };
  }
}

/** Octets of a message as they were before they were put on the wire (RFC 5321 section 4.5.2). */
function unstuff(wire: Buffer): Buffer {
  const text = wire.toString('latin1').replace(/(^|\r\n)\.\r\n$/, '$1');
  return Buffer.from(text.replace(/(^|\r\n)\./g, '$1'), 'latin1');
}
