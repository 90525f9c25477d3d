/** The part of an issue of zod that a sentence can be made of. */
export interface FieldIssue {
  readonly message: string;
  readonly code?: string;
  readonly expected?: string;
  readonly values?: readonly unknown[];
  readonly origin?: string;
  readonly minimum?: number | bigint;
  readonly maximum?: number | bigint;
  readonly format?: string;
}

const WORDS_OF_ZOD = /^(Invalid|Too (small|big))\b/;

/** What to write instead. A schema's own words are kept; zod's say what is wrong, for programmers. */
export function fieldSentence(issue: FieldIssue): string {
  if (!WORDS_OF_ZOD.test(issue.message)) return issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return issue.message.endsWith('received undefined')
        ? 'This field is required.'
        : `Send ${kindOf(issue.expected)} here.`;
    case 'invalid_value':
      return `Send one of: ${issue.values?.join(', ')}.`;
    case 'too_small':
      return `Send ${bound('at least', issue.minimum, issue.origin)}.`;
    case 'too_big':
      return `Send ${bound('at most', issue.maximum, issue.origin)}.`;
    case 'invalid_format':
      return issue.format === 'datetime'
        ? 'Send a time in UTC, like 2026-11-20T17:30:00Z.'
        : issue.message;
    default:
      return issue.message;
  }
}

function kindOf(expected = ''): string {
  if (expected === 'int') return 'a whole number';
  return `${/^[aeiou]/.test(expected) ? 'an' : 'a'} ${expected}`;
}

function bound(words: string, limit: number | bigint | undefined, origin: string | undefined) {
  if (origin !== 'string') return `a number of ${words} ${limit}`;
  return `${words} ${limit} ${limit === 1 ? 'character' : 'characters'}`;
}
