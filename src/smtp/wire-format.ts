const CRLF = Buffer.from('\r\n');

/** What ends a message: RFC 5321 section 4.1.1.4. */
export const FINAL_DOT = Buffer.from('.\r\n');

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

const DOT = 0x2e;
