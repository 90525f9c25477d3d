import { encode as encodeAny, wrap } from 'nodemailer/lib/qp';

const CRLF = '\r\n';

/** Octets a line may have, the soft line break included (RFC 2045 section 6.7, rule 5). */
const LINE_LENGTH = 76;

/**
 * Quoted-printable (RFC 2045 section 6.7), line by line. Nearly every line of a mail is ASCII, and
 * then a "=" is all there is to encode, which is a tenth of the work that the library does for any
 * line; it gets the others.
 *
 * @param text its lines end in CRLF
 */
export function quotedPrintable(text: string): string {
  return text
    .split(CRLF)
    .map((line) => (isPlain(line) ? softWrapped(line.replaceAll('=', '=3D')) : encodeLine(line)))
    .join(CRLF);
}

/** Printable ASCII and tabs, with nothing at its end that would get lost (rule 3). */
const isPlain = (line: string) => /^[\t\x20-\x7e]*$/.test(line) && !/[\t ]$/.test(line);

const encodeLine = (line: string) => wrap(encodeAny(line), LINE_LENGTH);

function softWrapped(line: string): string {
  if (line.length <= LINE_LENGTH) return line;
  const pieces: string[] = [];
  let from = 0;
  while (line.length - from > LINE_LENGTH) {
    let end = from + LINE_LENGTH - 1;
    // Not through the middle of "=3D".
    if (line[end - 1] === '=') end -= 1;
    else if (line[end - 2] === '=') end -= 2;
    pieces.push(line.slice(from, end));
    from = end;
  }
  pieces.push(line.slice(from));
  return pieces.join(`=${CRLF}`);
}
