import { parseEmailAddress } from '#address';
import { Refusal } from '#settings';

export interface Sender {
  /** Undefined: no name was written. */
  readonly name: string | undefined;
  /** Canonical. */
  readonly address: string;
}

/** `a@b`, `"Name" <a@b>` or `Name <a@b>` (RFC 5322 section 3.4). */
export function sender(text: string): Sender | Refusal {
  const [, quoted, bare, inBrackets] =
    /^(?:"((?:[^"\\]|\\.)*)"|([^"<>,;:@\\]*?))\s*<([^<>]*)>$/u.exec(text) ?? [];
  const parsed = parseEmailAddress(inBrackets ?? text);
  if (!parsed.ok) return invalid(text, parsed.reason);
  const name = quoted?.replace(/\\(.)/g, '$1') ?? (bare || undefined);
  return /\p{Cc}/u.test(name ?? '')
    ? invalid(text, 'has a control character in its name')
    : { name, address: parsed.address };
}

function invalid(text: string, reason: string): Refusal {
  const many = /[,;]/.test(text) ? ' A mail has one sender.' : '';
  return new Refusal(
    'SENDER_NOT_ADDRESS',
    `The address ${reason}.${many}`,
    (name) =>
      `Write ${name}=noreply@your-domain, or with a name '"Your Product" <noreply@your-domain>'.`,
  );
}
