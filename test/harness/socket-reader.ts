import type { Socket } from 'node:net';

const CRLF = Buffer.from('\r\n');

/** Reads a socket on demand: what has not been asked for waits in the buffer. Every method
 * rejects when the connection ends first. */
export class SocketReader {
  /** Number of times octets arrived. */
  reads = 0;
  private input = Buffer.alloc(0);
  private readonly end: Promise<never>;
  private wake: () => void = () => {};

  constructor(private readonly socket: Socket) {
    socket.on('data', (chunk: Buffer) => {
      this.reads += 1;
      this.input = Buffer.concat([this.input, chunk]);
      this.wake();
    });
    this.end = new Promise<never>((_resolve, reject) => {
      socket.once('close', () => reject(new ConnectionEnded()));
    });
    this.end.catch(() => {}); // nobody may be reading when it ends
    socket.on('error', () => socket.destroy());
  }

  /** The next line, without its end. */
  async line(): Promise<string> {
    const line = await this.through(CRLF);
    return line.toString('utf8', 0, line.length - CRLF.length);
  }

  /** Everything up to the delimiter and with it. */
  async through(delimiter: Buffer): Promise<Buffer> {
    for (;;) {
      const at = this.input.indexOf(delimiter);
      if (at >= 0) return this.take(at + delimiter.length);
      await this.more();
    }
  }

  /** The next octets, which stay unread. */
  async peek(length: number): Promise<Buffer> {
    while (this.input.length < length) await this.more();
    return this.input.subarray(0, length);
  }

  /** The next octets. */
  async octets(length: number): Promise<Buffer> {
    await this.peek(length);
    return this.take(length);
  }

  /** Waits until so many octets are there, or the delimiter; they stay unread. */
  async reach(length: number, delimiter: Buffer): Promise<void> {
    while (this.input.length < length && this.input.indexOf(delimiter) < 0) await this.more();
  }

  /** What has come and nobody has asked for. */
  get unread(): Buffer {
    return this.input;
  }

  /** Never resolves; rejects when the connection ends. */
  async closed(): Promise<never> {
    return await this.end;
  }

  private take(length: number): Buffer {
    const taken = this.input.subarray(0, length);
    this.input = this.input.subarray(length);
    return taken;
  }

  private async more(): Promise<void> {
    if (this.socket.destroyed) throw new ConnectionEnded();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.wake = resolve;
    await Promise.race([promise, this.end]);
  }
}

export class ConnectionEnded extends Error {}
