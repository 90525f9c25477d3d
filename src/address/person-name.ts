export type ParsedPersonName = { ok: true; name: string } | { ok: false; reason: string };

/** Code points. */
const MAX_NAME = 100;
// UTF-16 units that 100 code points may have before NFC composes them, generously: Hangul takes 3
// to 1, stacked accents 4 to 1. Bounds the work, not the name.
const MAX_INPUT = 1000;

// VT, FF, NEL, LS and PS come along when a name is pasted from a word processor: one line, so each
// is a space. CR and LF are not among them: in a name they are an attempt at a header.
const LINE_SEPARATORS = /[\v\f\u0085\u2028\u2029]+/g;
// Controls, lone surrogates, and what turns the text around it (UTS #36): embeddings, overrides,
// isolates. Right-to-left text, its marks and joiners are fine.
const REFUSED = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** `reason` completes the sentence "The name …" and never quotes the input. */
export function parsePersonName(input: string): ParsedPersonName {
  const tooLong = { ok: false, reason: `has more than ${MAX_NAME} characters` } as const;
  if (input.length > MAX_INPUT) return tooLong;
  const name = input.replace(LINE_SEPARATORS, ' ').trim().normalize('NFC');
  if (REFUSED.test(name))
    return { ok: false, reason: 'contains a line break, a control or a direction character' };
  if (!VISIBLE.test(name)) return { ok: false, reason: 'is empty' };
  if ([...name].length > MAX_NAME) return tooLong;
  return { ok: true, name };
}
