/** Octets a line may have, the soft line break included (RFC 2045 section 6.7, rule 5). */
const LINE_LENGTH = 76;

/** Octets that `length` octets can become at most: each three, soft line breaks, one line end. */
export const quotedPrintableBound = (length: number): number => length * 4 + 16;

/**
 * Would a text be shorter than in base64? Quoted-printable triples each octet that is not ASCII,
 * base64 adds a third to all of them. They break even at one in six; a character outside ASCII has
 * at most twice its surplus in octets.
 */
export const isShorterThanBase64 = (octets: number, length: number): boolean =>
  (octets - length) * 2 <= octets / 6;

/**
 * Quoted-printable (RFC 2045 section 6.7), octet by octet. A character of several octets stays on
 * one line: some readers decode line by line.
 *
 * A dot at the start of a line and the F of a "From " there are encoded, as RFC 2049 section 3
 * advises: some relay undoes dot-stuffing twice, and mailbox files put ">" before "From ".
 *
 * @param source UTF-8, `length` octets of it; a line ends in CRLF, LF or CR
 * @param target gets it from `start` on; has room for {@link quotedPrintableBound}
 * @returns where it ends in the target
 */
export function quotedPrintable(
  source: Buffer,
  length: number,
  target: Buffer,
  start: number,
): number {
  let lineStart = start;
  let to = start;
  for (let at = 0; at < length; at += 1) {
    const octet = source[at] as number;
    if (octet === LF || octet === CR) {
      if (octet === CR && at + 1 < length && source[at + 1] === LF) at += 1;
      target[to++] = CR;
      target[to++] = LF;
      lineStart = to;
      continue;
    }
    let width = WIDTHS[octet] as number;
    // white space at the end of a line gets lost on the way (rule 3)
    if (octet <= SPACE && width === 1 && endsLine(source, at + 1, length)) width = 3;
    if (to - lineStart + width >= LINE_LENGTH) {
      target[to++] = EQUALS;
      target[to++] = CR;
      target[to++] = LF;
      lineStart = to;
    }
    if (width === 1 && !(to === lineStart && isUnsafeAtStart(source, at, length)))
      target[to++] = octet;
    else {
      target[to++] = EQUALS;
      target[to++] = HEX[octet >> 4] as number;
      target[to++] = HEX[octet & 0xf] as number;
    }
  }
  return to;
}

function endsLine(source: Buffer, at: number, length: number): boolean {
  return at >= length || source[at] === LF || source[at] === CR;
}

function isUnsafeAtStart(source: Buffer, at: number, length: number): boolean {
  const octet = source[at];
  return (
    octet === DOT ||
    (octet === F && source.toString('latin1', at, Math.min(at + 5, length)) === 'From ')
  );
}

const TAB = 0x09;
const LF = 0x0a;
const CR = 0x0d;
const SPACE = 0x20;
const DOT = 0x2e;
const EQUALS = 0x3d;
const F = 0x46;
const HEX = Buffer.from('0123456789ABCDEF');

/** What the character that begins with an octet takes; its other octets take nothing more. */
const WIDTHS = Uint8Array.from({ length: 256 }, (_, octet) => {
  if (octet === TAB || (octet >= SPACE && octet <= 0x7e && octet !== EQUALS)) return 1;
  if (octet < 0x80) return 3;
  if (octet < 0xc0) return 0;
  return octet < 0xe0 ? 6 : octet < 0xf0 ? 9 : 12;
});
