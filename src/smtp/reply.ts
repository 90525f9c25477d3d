/** One complete reply of a server (RFC 5321 section 4.2). */
export interface Reply {
  readonly code: number;
  /** RFC 2034: `5.1.1`, when the first line begins with one of the code's own class. */
  readonly enhancedCode: string | undefined;
  /** The text of each line, without its code. */
  readonly lines: readonly string[];
}

/** What came is no reply; the connection can't be trusted any further. */
export class MalformedReply extends Error {
  constructor(
    message: string,
    /** The octets that could not be read, as text, cut to 512 characters. */
    readonly received: string,
  ) {
    super(message);
  }
}

/** RFC 5321 section 4.5.3.1.5 wants 512 octets a line; servers exceed that, but not by so much. */
const MAX_REPLY_OCTETS = 64 * 1024;
const LINE = /^([2-5]\d\d)(?:([ -])(.*))?$/s;

/**
 * Reads replies out of octets that arrive in any pieces. Strict in what counts as a reply, since
 * a misread one turns a refusal into a success: each line begins with the same three digits. Two
 * liberties that can't be mistaken: a code without text (RFC 5321 section 4.2.1 asks for it) and
 * a lone LF as line end.
 */
export class ReplyParser {
  // latin1 keeps one character for each octet until a line is whole
  #pending = '';
  #scanned = 0;
  #lines: string[] = [];
  #code: number | undefined;
  #octets = 0;

  push(chunk: Buffer): void {
    this.#pending += chunk.toString('latin1');
  }

  /** @returns the next complete reply, undefined while there is none
   * @throws MalformedReply */
  next(): Reply | undefined {
    for (;;) {
      const end = this.#pending.indexOf('\n', this.#scanned);
      if (end < 0) {
        this.#scanned = this.#pending.length;
        if (this.#octets + this.#pending.length > MAX_REPLY_OCTETS) this.#tooLong();
        return undefined;
      }
      const line = this.#pending.slice(0, end).replace(/\r$/, '');
      this.#pending = this.#pending.slice(end + 1);
      this.#scanned = 0;
      this.#octets += end + 1;
      if (this.#octets > MAX_REPLY_OCTETS) this.#tooLong();
      if (this.#addLine(line)) return this.#complete();
    }
  }

  /** Octets that are not yet part of a complete reply; empty between replies. */
  get unfinished(): string {
    return decode([...this.#lines.map((line) => `${this.#code}-${line}`), this.#pending].join(' '));
  }

  #addLine(line: string): boolean {
    const [, digits, separator, text = ''] = LINE.exec(line) ?? [];
    if (!digits) throw new MalformedReply('no reply code', excerpt(line));
    const code = Number(digits);
    if (this.#code !== undefined && this.#code !== code)
      throw new MalformedReply(`a reply of ${this.#code} goes on as ${code}`, excerpt(line));
    this.#code = code;
    this.#lines.push(decode(text));
    return separator !== '-';
  }

  #complete(): Reply {
    const code = this.#code ?? 0;
    const lines = this.#lines;
    this.#code = undefined;
    this.#lines = [];
    this.#octets = 0;
    return { code, enhancedCode: enhancedCodeOf(code, lines[0] ?? ''), lines };
  }

  #tooLong(): never {
    throw new MalformedReply(
      `more than ${MAX_REPLY_OCTETS / 1024} KiB without an end`,
      excerpt(this.#lines[0] ?? this.#pending),
    );
  }
}

/** Reads one reply that is already whole, as `250-a\n250 b`; undefined when it is none. */
export function parseReply(text: string): Reply | undefined {
  const parser = new ReplyParser();
  parser.push(Buffer.from(`${text}\n`, 'utf8'));
  try {
    return parser.next();
  } catch (error) {
    if (error instanceof MalformedReply) return undefined;
    throw error;
  }
}

/** A reply as one line, as people quote it: `550 5.1.1 no such user`. */
export const replyLine = (reply: Reply): string => `${reply.code} ${reply.lines.join(' ')}`.trim();

function enhancedCodeOf(code: number, text: string): string | undefined {
  const [, found] = /^([245]\.\d{1,3}\.\d{1,3})(?:\s|$)/.exec(text) ?? [];
  return found?.startsWith(String(code).charAt(0)) ? found : undefined;
}

const excerpt = (octets: string): string => decode(octets).slice(0, 512);

// Reply text has no charset; UTF-8 is what servers mean when it is valid (RFC 6531 section 3.7.4).
function decode(octets: string): string {
  const text = Buffer.from(octets, 'latin1').toString('utf8');
  return text.includes('\uFFFD') ? octets : text;
}
