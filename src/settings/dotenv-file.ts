import { parseEnv } from 'node:util';
import { readTextFile } from './text-file.js';

/** One setting of a `.env` file. */
export interface DotenvEntry {
  readonly text: string;
  /** Counted from 1. */
  readonly line: number;
  /** The line goes on after the value ends, at a `#` or a quote; or a quote is never closed. */
  readonly flaw: 'cut' | 'unclosed' | undefined;
}

/**
 * The settings of a `.env` file, as Node reads it, with what Node passes over in silence: where
 * each one stands and whether its line was cut.
 *
 * @returns undefined where there is no such file
 * @throws like {@link readTextFile} where it is there
 */
export function readDotenvFile(path: string): Map<string, DotenvEntry> | undefined {
  try {
    return parseDotenv(readTextFile(path));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function parseDotenv(content: string): Map<string, DotenvEntry> {
  const withoutMark = content.replace(/^\ufeff/, '');
  const values = parseEnv(withoutMark);
  const entries = new Map<string, DotenvEntry>();
  for (const [index, line] of withoutMark.split('\n').entries()) {
    const [, name = '', blank = '', rest = ''] =
      /^\s*(?:export\s+)?([\w.-]+)[ \t]*=([ \t]*)(.*?)\s*$/.exec(line) ?? [];
    const text = values[name];
    if (text === undefined) continue;
    const mailbox = quotedMailbox(rest);
    entries.set(name, {
      text: mailbox ?? text,
      line: index + 1,
      flaw: mailbox === undefined ? flawOf(rest, text, blank !== '') : undefined,
    });
  }
  return entries;
}

// `SMTP_SENDER="Name" <a@b>`: Node stops at the closing quote; only one reading makes sense.
function quotedMailbox(rest: string): string | undefined {
  return /^("[^"]*"[ \t]*<[^<>\s]+>)(?:\s+#.*)?$/.exec(rest)?.[1];
}

function flawOf(rest: string, text: string, blankBefore: boolean): DotenvEntry['flaw'] {
  const quote = /^["'`]/.exec(rest)?.[0];
  if (quote) {
    const end = rest.indexOf(quote, 1);
    if (end < 0) return text.startsWith(quote) ? 'unclosed' : undefined;
    return /^\s*[^#\s]/.test(rest.slice(end + 1)) ? 'cut' : undefined;
  }
  const hash = rest.indexOf('#');
  if (hash < 0) return undefined;
  const isComment = hash === 0 ? blankBefore : /\s/.test(rest.charAt(hash - 1));
  return isComment ? undefined : 'cut';
}
