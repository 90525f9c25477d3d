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
  | { readonly act: 'silence'; readonly reading: boolean };

/** The points of a session at which a script may step in; `body` is the moment after the first
 * octets of the message, before its end, `dot` the one after the end. */
export type ScriptStage =
  'greeting' | 'ehlo' | 'starttls' | 'auth' | 'mail' | 'rcpt' | 'data' | 'body' | 'dot' | 'quit';

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
}

/** An act, or a function that decides; undefined: the ordinary answer. */
export type Step = Act | ((moment: Moment) => Act | undefined);
export type Script = Partial<Record<ScriptStage, Step>>;

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
