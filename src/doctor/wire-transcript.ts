import type { Verdict } from '#smtp';

type Lines = Verdict['transcript'];

/**
 * What the server offered in its last answer to EHLO, by keyword in capitals; undefined on a
 * connection that was open already.
 */
export function offersIn(transcript: Lines): ReadonlyMap<string, readonly string[]> | undefined {
  const asked = transcript.findLastIndex((line) => /^C: EHLO /i.test(line));
  if (asked < 0) return undefined;
  const answer = transcript.slice(asked + 1);
  const end = answer.findIndex((line) => !/^S: 250[ -]/.test(line));
  const lines = answer.slice(0, end < 0 ? undefined : end);
  const offers = new Map<string, readonly string[]>();
  // the first line is a greeting
  for (const line of lines.slice(1)) {
    const [keyword = '', ...words] = line
      .slice('S: 250-'.length)
      .toUpperCase()
      .split(/[\s=]+/);
    offers.set(keyword, [...(offers.get(keyword) ?? []), ...words.filter(Boolean)]);
  }
  return offers;
}

/** The mechanism of the last sign-in, in capitals. */
export const methodIn = (transcript: Lines): string | undefined =>
  transcript
    .findLast((line) => /^C: AUTH /i.test(line))
    ?.split(' ', 3)[2]
    ?.toUpperCase();

/** The text of the greeting; undefined on a connection that was open already. */
export const greetingIn = (transcript: Lines): string | undefined =>
  /^S: (.*)/.exec(transcript[0] ?? '')?.[1];
