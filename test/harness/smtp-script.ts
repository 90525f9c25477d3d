/** What a scripted server does at a stage instead of the ordinary thing. */
export type Act =
  | {
      readonly act: 'send';
      readonly bytes: Buffer;
      readonly msPerByte: number;
      /** The server also does what its reply says: TLS after 220, a message after 354. */
      readonly meant: boolean;
    }
  | { readonly act: 'wait'; readonly ms: number; readonly next: () => Act | undefined }
  | { readonly act: 'end'; readonly bytes: Buffer; readonly how: 'fin' | 'rst' }
  | { readonly act: 'silence'; readonly reading: boolean }
  /** So often, as fast as the client reads; ends when it has gone. */
  | { readonly act: 'flood'; readonly bytes: Buffer; readonly times: number }
  /** The act (undefined: the ordinary thing), then the hook. */
  | { readonly act: 'then'; readonly first: Act | undefined; readonly hook: Hook };

/** Runs at an exact moment, for instance to kill the client; may say what the server does then. */
export type Hook = () => Act | undefined | void | Promise<Act | undefined | void>;

/**
 * The points of a session at which a script may step in. `body` is the moment at which
 * {@link Script.octets} of the message have been read, before its end; `bdat` the one after a chunk
 * that is not the last (RFC 3030); `dot` the one after the end of the message, by dot or BDAT LAST.
 */
export type ScriptStage =
  | 'greeting'
  | 'ehlo'
  | 'starttls'
  | 'auth'
  | 'mail'
  | 'rcpt'
  | 'data'
  | 'body'
  | 'bdat'
  | 'dot'
  | 'rset'
  | 'quit';

/** What a scripted step can know about the session it answers. */
export interface Moment {
  /** 1 for the first connection. */
  readonly connection: number;
  /** The command as received, without its line end; empty at greeting, body and dot. */
  readonly line: string;
  readonly secure: boolean;
  readonly from: string;
  readonly rcpts: readonly string[];
  /** Messages accepted on this connection so far. */
  readonly accepted: number;
  /** At dot: the message as on the wire. */
  readonly wire: Buffer;
}

/** An act, or a function that decides; undefined: the ordinary answer. */
export type Step = Act | ((moment: Moment) => Act | undefined);
export type Script = Partial<Record<ScriptStage, Step>> & {
  /** How much of a message is read before `body` comes; 3 unless given, less where it is shorter. */
  readonly octets?: number | undefined;
};

/** A reply of one line, or of several when `text` is a list (RFC 5321 section 4.2.1). */
export function reply(code: number, text: string | readonly string[] = 'scripted'): Act {
  return { act: 'send', bytes: Buffer.from(replyText(code, text)), msPerByte: 0, meant: true };
}

export function replyText(code: number, text: string | readonly string[]): string {
  const lines = typeof text === 'string' ? [text] : text;
  return lines.map((line, at) => `${code}${at < lines.length - 1 ? '-' : ' '}${line}\r\n`).join('');
}

/** Octets as they are, whatever SMTP says; the server goes on as if it had said nothing. */
export const garbage = (bytes: string | Buffer): Act => ({
  act: 'send',
  bytes: Buffer.from(bytes as string, 'utf8'),
  msPerByte: 0,
  meant: false,
});

/** The connection ends in order (FIN), after these octets. */
export const drop = (bytes = ''): Act => ({ act: 'end', bytes: Buffer.from(bytes), how: 'fin' });

/** A reply that breaks off before its line end, then FIN. */
export const truncated = (bytes = '250 2.0.0 o'): Act => drop(bytes);

/** The connection ends with RST. */
export const reset = (): Act => ({ act: 'end', bytes: Buffer.alloc(0), how: 'rst' });

export const silence = (): Act => ({ act: 'silence', reading: true });

/** Silence that does not even read: what the client writes piles up on its side. */
export const stall = (): Act => ({ act: 'silence', reading: false });

/** A reply one octet at a time: never idle, never done. */
export const drip = (msPerByte: number, code = 250, text = 'a very slow reply'): Act => ({
  act: 'send',
  bytes: Buffer.from(replyText(code, text)),
  msPerByte,
  meant: true,
});

/** A reply line of so many octets that never ends. */
export const endlessLine = (octets: number): Act => ({
  act: 'flood',
  bytes: Buffer.alloc(65_536, '250-and so on '),
  times: Math.ceil(octets / 65_536),
});

/** A reply of so many lines of which none is the last. */
export const endlessLines = (lines: number): Act => ({
  act: 'flood',
  bytes: Buffer.from('250-and so on\r\n'.repeat(1_000)),
  times: Math.ceil(lines / 1_000),
});

/** Does the act (undefined: the ordinary thing), then runs the hook. What is to run before it needs
 * no act: a step may be a function. */
export const andThen = (first: Act | undefined, hook: Hook): Act => ({
  act: 'then',
  first,
  hook,
});

/** Waits, then does the act (undefined: the ordinary thing). */
export const delay = (ms: number, next?: Act): Act => later(ms, () => next);

/** Waits, and only then decides. */
export const later = (ms: number, next: () => Act | undefined): Act => ({ act: 'wait', ms, next });

/** Refuses each pair of sender and recipient with 450 until `ms` after its first try (RFC 6647). */
export function greylist(ms: number): Step {
  const seen = new Map<string, number>();
  return ({ from, line }) => {
    const triple = `${from} ${line.toLowerCase()}`;
    const first = seen.get(triple) ?? Date.now();
    seen.set(triple, first);
    return Date.now() - first < ms ? reply(450, '4.2.0 greylisted, try again later') : undefined;
  };
}

/** Each act as likely as the others, with these odds (0 to 1) each time; else the ordinary thing. */
export const sometimes =
  (random: () => number, odds: number, acts: readonly Act[]): Step =>
  () =>
    random() < odds ? acts[Math.floor(random() * acts.length)] : undefined;
