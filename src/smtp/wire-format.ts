import { strict as assert } from 'node:assert';

const CRLF = Buffer.from('\r\n');

/** What ends a message: RFC 5321 section 4.1.1.4. */
export const FINAL_DOT = Buffer.from('.\r\n');

/** Octets a line may have without its CRLF (RFC 5322 section 2.1.1). */
const LONGEST_LINE = 998;

/**
 * The message as it goes over the wire, without the final dot: a dot at the start of a line is
 * doubled (RFC 5321 section 4.5.2), and the last line ends.
 * @param raw lines end in CRLF
 */
export function toWire(raw: Buffer): Buffer {
  const pieces: Buffer[] = [];
  let from = 0;
  if (raw[0] === DOT) pieces.push(FINAL_DOT.subarray(0, 1));
  for (let at = raw.indexOf('\r\n.'); at >= 0; at = raw.indexOf('\r\n.', at + 3)) {
    pieces.push(raw.subarray(from, at + 3));
    from = at + 2;
  }
  pieces.push(raw.subarray(from));
  if (!raw.subarray(-2).equals(CRLF)) pieces.push(CRLF);
  return pieces.length === 1 ? raw : Buffer.concat(pieces);
}

/** What there is in octets that some server or relay may not carry as it is. */
export interface Survey {
  /** Octets of the longest line, without its CRLF. */
  readonly longestLine: number;
  /** A CR without its LF, or the other way round. */
  readonly strayBreak: boolean;
  readonly nul: boolean;
  /** Controls other than tabs and line ends. */
  readonly controls: boolean;
  /** A space or a tab before a line end. */
  readonly trailingSpace: boolean;
  /** Octets from 0x80. */
  readonly eightBit: boolean;
}

/** Looks at the octets from `from` to `to` once, eight at a time where they are all plain. */
export function survey(octets: Buffer, from = 0, to = octets.length): Survey {
  const words = new Int32Array(octets.buffer, 0, octets.buffer.byteLength >> 2);
  const shift = octets.byteOffset;
  let longestLine = 0;
  let lineStart = from;
  let strayBreak = false;
  let nul = false;
  let controls = false;
  let trailingSpace = false;
  let eightBit = false;
  for (let at = from; at < to; at += 1) {
    if (((at + shift) & 3) === 0)
      for (let word = (at + shift) >> 2; at + 8 <= to && arePlain(words, word); word += 2) at += 8;
    if (at >= to) break;
    const octet = octets[at] as number;
    if (octet >= 0x80) eightBit = true;
    else if (octet >= SPACE || octet === TAB) continue;
    else if (octet === CR) {
      const before = at > from ? octets[at - 1] : LF;
      if (before === SPACE || before === TAB) trailingSpace = true;
      if (at + 1 >= to || octets[at + 1] !== LF) strayBreak = true;
      if (at - lineStart > longestLine) longestLine = at - lineStart;
    } else if (octet === LF) {
      if (at === from || octets[at - 1] !== CR) strayBreak = true;
      lineStart = at + 1;
    } else {
      controls = true;
      if (octet === 0) nul = true;
    }
  }
  longestLine = Math.max(longestLine, to - lineStart);
  return { longestLine, strayBreak, nul, controls, trailingSpace, eightBit };
}

/**
 * The last look: RFC 5321 section 2.3.8 and RFC 5322 section 2.1.1; a stray CR or LF is how mail is
 * smuggled (CVE-2023-51764).
 * @param eightBit may there be octets from 0x80?
 */
export function assertFitForTheWire(raw: Buffer, eightBit: boolean): void {
  const seen = survey(raw);
  assert(!seen.nul, 'a NUL');
  assert(eightBit || !seen.eightBit, 'not 7-bit');
  assert(!seen.strayBreak, 'a CR or LF alone');
  assert(seen.longestLine <= LONGEST_LINE, `a line of more than ${LONGEST_LINE} octets`);
}

// Are the eight octets of two words all from 0x20 to 0x7f? A borrow from the octet beside can only
// make a plain one look otherwise, and never the other way round.
function arePlain(words: Int32Array, at: number): boolean {
  const one = words[at] as number;
  const two = words[at + 1] as number;
  return (((one - 0x20202020) | one | (two - 0x20202020) | two) & 0x80808080) === 0;
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;
