import { Duplex } from 'node:stream';
import type { Socket } from 'node:net';

const KEPT_OCTETS = 1024;

/**
 * A socket with its first octets kept. Node's TLS takes the socket's handle over, so that what
 * came instead of TLS would be lost with it: an HTTP reply, a greeting and an alert would all be
 * "wrong version number".
 */
export class Tap extends Duplex {
  /** What the other side said first. */
  first: Buffer = Buffer.alloc(0);
  readonly #born = performance.now();
  /** Milliseconds from the beginning to the first octet. */
  firstAt: number | undefined;

  constructor(private readonly below: Socket) {
    super({ allowHalfOpen: false });
    below.on('data', (chunk: Buffer) => {
      this.firstAt ??= Math.round(performance.now() - this.#born);
      if (this.first.length < KEPT_OCTETS)
        this.first = Buffer.concat([this.first, chunk]).subarray(0, KEPT_OCTETS);
      if (!this.push(chunk)) below.pause();
    });
    below.on('end', () => this.push(null));
    below.on('error', (error) => this.destroy(error));
    below.on('close', () => this.destroy());
    if (below.destroyed) this.destroy();
  }

  override _read(): void {
    this.below.resume();
  }

  override _write(chunk: Buffer, encoding: BufferEncoding, done: (error?: Error) => void): void {
    this.below.write(chunk, encoding, (error) => done(error ?? undefined));
  }

  override _final(done: () => void): void {
    this.below.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.below.destroy();
    done(error);
  }
}
