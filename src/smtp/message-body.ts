import type { Cause } from './smtp.errors.js';
import { FINAL_DOT, toWire } from './wire-format.js';

/** Where octets go. */
export interface Wire {
  /** @param written told an error where not all of it was taken by the kernel */
  write(octets: string | Buffer, written?: (error?: Error | null) => void): void;
  /** The connection can't go on. */
  end(why: Cause): void;
}

/**
 * Far more than socket buffers hold. Of what is longer the end is written only once the rest is
 * gone, so that a connection that is lost on the way means "surely not sent".
 */
const LARGE = 256 * 1024;

/**
 * The octets of a message on their way to the server, by DATA (RFC 5321 section 4.1.1.4) or BDAT
 * (RFC 3030).
 */
export class MessageBody {
  /** `performance.now()` when it was begun. */
  beganAt = 0;
  /** Its end has been written: from here on the server may have it. */
  isHandedOver = false;
  /** Its end may not be written yet. */
  isOnItsWay = false;
  readonly #isLarge: boolean;
  #isBegun = false;

  constructor(
    private readonly raw: Buffer,
    private readonly isChunked: boolean,
    private readonly wire: Wire,
  ) {
    this.#isLarge = raw.length > LARGE;
  }

  /** It goes in more than one piece. */
  get isLarge(): boolean {
    return this.#isLarge;
  }

  /**
   * Writes what can be written now.
   * @param whenThere called once the rest of a message by DATA has left us, for another call
   * @returns the replies that are owed for it
   */
  write(whenThere: () => void): 'chunk' | 'dot' | undefined {
    if (this.#isBegun) return this.#writeEnd();
    this.#isBegun = true;
    this.beganAt = performance.now();
    if (this.#isLarge) return this.#writeLarge(whenThere);
    if (this.isChunked) {
      this.wire.write(`BDAT ${this.raw.length} LAST\r\n`);
      this.wire.write(this.raw, this.#whenWritten);
    } else {
      this.wire.write(toWire(this.raw));
      this.wire.write(FINAL_DOT, this.#whenWritten);
    }
    this.isHandedOver = true;
    return 'dot';
  }

  #writeLarge(whenThere: () => void): 'chunk' | undefined {
    this.isOnItsWay = true;
    if (this.isChunked) {
      this.wire.write(`BDAT ${this.raw.length}\r\n`);
      this.wire.write(this.raw);
      return 'chunk';
    }
    this.wire.write(toWire(this.raw), (error) => {
      if (!error) whenThere();
    });
    return undefined;
  }

  #writeEnd(): 'dot' {
    this.isOnItsWay = false;
    this.isHandedOver = true;
    this.wire.write(this.isChunked ? 'BDAT 0 LAST\r\n' : FINAL_DOT, this.#whenWritten);
    return 'dot';
  }

  /** Not all of it has left us, so that nobody can have taken it. */
  readonly #whenWritten = (error?: Error | null): void => {
    if (error) this.isHandedOver = false;
  };
}
