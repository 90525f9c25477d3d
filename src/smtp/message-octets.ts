import { quotedPrintable, quotedPrintableBound } from './quoted-printable.js';
import { type Survey, survey } from './wire-format.js';

const FIRST_SIZE = 64 * 1024;
const BASE64_LINE = 76;

/**
 * Where a message is put together before it is copied into a buffer of its own size. One is used
 * again and again: nothing else runs between the first octet of a message and the last.
 */
export class MessageOctets {
  #octets = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #length = 0;
  #text = Buffer.allocUnsafeSlow(FIRST_SIZE);
  #textLength = 0;

  get length(): number {
    return this.#length;
  }

  /** Forgets what comes after the first `length` octets. */
  cutTo(length: number): void {
    this.#length = length;
  }

  ascii(text: string): void {
    this.#makeRoomFor(text.length);
    this.#length += this.#octets.write(text, this.#length, 'latin1');
  }

  /**
   * Takes the text of a part, for the methods that write it.
   * @param text with U+FFFD for what is no character
   * @returns how many octets it has in UTF-8
   */
  takeText(text: string): number {
    if (this.#text.length < text.length * 3) this.#text = Buffer.allocUnsafeSlow(text.length * 3);
    this.#textLength = this.#text.write(text);
    return this.#textLength;
  }

  textAsItIs(): void {
    this.#makeRoomFor(this.#textLength);
    this.#length += this.#text.copy(this.#octets, this.#length, 0, this.#textLength);
  }

  textInQuotedPrintable(): void {
    this.#makeRoomFor(quotedPrintableBound(this.#textLength));
    this.#length = quotedPrintable(this.#text, this.#textLength, this.#octets, this.#length);
  }

  /** RFC 2045 section 6.8. */
  textInBase64(): void {
    const whole = Buffer.from(this.#text.toString('base64', 0, this.#textLength), 'latin1');
    this.#makeRoomFor(whole.length + 2 * Math.ceil(whole.length / BASE64_LINE));
    for (let from = 0; from < whole.length; from += BASE64_LINE) {
      if (from > 0) this.ascii('\r\n');
      this.#length += whole.copy(this.#octets, this.#length, from, from + BASE64_LINE);
    }
  }

  surveyFrom(start: number): Survey {
    return survey(this.#octets, start, this.#length);
  }

  /** Latin-1, so that each octet is a character. */
  textFrom(start: number): string {
    return this.#octets.toString('latin1', start, this.#length);
  }

  /** A buffer of its own. */
  copy(): Buffer {
    return Buffer.from(this.#octets.subarray(0, this.#length));
  }

  #makeRoomFor(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#octets.length) return;
    const larger = Buffer.allocUnsafeSlow(needed * 2);
    this.#octets.copy(larger, 0, 0, this.#length);
    this.#octets = larger;
  }
}
