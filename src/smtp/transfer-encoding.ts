import type { MessageOctets } from './message-octets.js';
import { isShorterThanBase64 } from './quoted-printable.js';

const CRLF = '\r\n';

/** How the body of a part is put in octets (RFC 2045 section 6). */
export type TransferEncoding = '7bit' | '8bit' | 'quoted-printable' | 'base64';

/**
 * Every delimiter starts so. It can't occur in quoted-printable or base64, and a body that has it
 * anywhere is put in one of them, so that no content looks like a delimiter.
 */
export const DELIMITER_START = '--=_';

/**
 * Octets of the longest line that goes out as it is. 998 is the law (RFC 5322 section 2.1.1), but
 * sendmail breaks lines at 990, as Postfix did up to 2.8, and who quotes a line makes it longer.
 * Not the 78 that are recommended for people who read the source: nearly all markup has longer
 * lines, and encoded nobody reads it, and it is a tenth larger.
 */
const LONGEST_PLAIN_LINE = 980;

/**
 * Writes the header of a text part, the empty line and its body, with no line end after it: as it
 * is where every relay will leave it so, else in whichever encoding is shorter.
 * @param eightBit may octets from 0x80 stay?
 */
export function writeTextPart(
  octets: MessageOctets,
  type: 'plain' | 'html',
  content: string,
  eightBit: boolean,
): TransferEncoding {
  const text = content.replace(/\r\n|\r|\n/g, CRLF);
  const size = octets.takeText(text);
  const isAscii = size === text.length;
  if ((isAscii || eightBit) && !hasRiskyLine(text)) {
    const encoding = isAscii ? '7bit' : '8bit';
    const start = octets.length;
    octets.ascii(HEADERS[type][encoding]);
    if (bodyFitsAsItIs(octets)) return encoding;
    octets.cutTo(start);
  }
  const encoding = isShorterThanBase64(size, text.length) ? 'quoted-printable' : 'base64';
  octets.ascii(HEADERS[type][encoding]);
  if (encoding === 'base64') octets.textInBase64();
  else octets.textInQuotedPrintable();
  return encoding;
}

// What RFC 2049 section 3 warns of: some relay undoes dot-stuffing twice, mailbox files put ">"
// before "From ".
const hasRiskyLine = (text: string): boolean =>
  /^(?:\.|From )/m.test(text) || text.includes(DELIMITER_START);

// And of these: white space at line ends gets lost, controls are taken for commands to a terminal.
function bodyFitsAsItIs(octets: MessageOctets): boolean {
  const start = octets.length;
  octets.textAsItIs();
  const { length } = octets;
  octets.ascii(CRLF); // as before the delimiter, so that the last line has its end
  const seen = octets.surveyFrom(start);
  octets.cutTo(length);
  return (
    seen.longestLine <= LONGEST_PLAIN_LINE &&
    !seen.strayBreak &&
    !seen.trailingSpace &&
    !seen.controls
  );
}

const headersOf = (type: string): Readonly<Record<TransferEncoding, string>> => {
  const header = (encoding: TransferEncoding) =>
    `Content-Type: text/${type}; charset=utf-8${CRLF}Content-Transfer-Encoding: ${encoding}${CRLF}${CRLF}`;
  return {
    '7bit': header('7bit'),
    '8bit': header('8bit'),
    'quoted-printable': header('quoted-printable'),
    base64: header('base64'),
  };
};

const HEADERS = { plain: headersOf('plain'), html: headersOf('html') };
