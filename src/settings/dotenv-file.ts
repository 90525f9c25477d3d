import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

/** One setting of a `.env` file. */
export interface DotenvEntry {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** The line goes on after the value ends: at a `#` without a blank, or after a quote. */
  readonly cut: boolean;
}

/**
 * The settings of a `.env` file, as Node reads it, with what Node passes over in silence: where
 * each one stands and whether its line was cut.
 *
 * @returns undefined where there is no such file
 * @throws where the file is there and can not be read, or is no UTF-8
 */
export function readDotenvFile(path: string): Map<string, DotenvEntry> | undefined {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  return parseDotenv(new TextDecoder('utf-8', { fatal: true }).decode(refuseUtf16(bytes)));
}

export function parseDotenv(content: string): Map<string, DotenvEntry> {
  const values = parseEnv(content.replace(/^\ufeff/, ''));
  const entries = new Map<string, DotenvEntry>();
  for (const [index, line] of content
    .replace(/^\ufeff/, '')
    .split('\n')
    .entries()) {
    const [, name = '', blank = '', rest = ''] =
      /^\s*(?:export\s+)?([\w.-]+)[ \t]*=([ \t]*)(.*?)\s*$/.exec(line) ?? [];
    const text = values[name];
    if (text === undefined) continue;
    const mailbox = quotedMailbox(rest);
    entries.set(name, {
      text: mailbox ?? text,
      line: index + 1,
      cut: mailbox === undefined && isCut(rest, blank !== ''),
    });
  }
  return entries;
}

// `SMTP_SENDER="Name" <a@b>`: Node stops at the closing quote; only one reading makes sense.
function quotedMailbox(rest: string): string | undefined {
  return /^("[^"]*"[ \t]*<[^<>\s]+>)(?:\s+#.*)?$/.exec(rest)?.[1];
}

function isCut(rest: string, blankBefore: boolean): boolean {
  const quote = /^["'`]/.exec(rest)?.[0];
  const end = quote ? rest.indexOf(quote, 1) : -1;
  if (quote && end > 0) return /^[^#\s]|^\s+[^#\s]/.test(rest.slice(end + 1));
  const hash = rest.indexOf('#');
  if (hash < 0) return false;
  return hash === 0 ? !blankBefore : !/\s/.test(rest.charAt(hash - 1));
}

function refuseUtf16(bytes: Buffer): Buffer {
  const isUtf16 = bytes.includes(0);
  if (isUtf16) throw new TypeError('saved as UTF-16');
  return bytes;
}
