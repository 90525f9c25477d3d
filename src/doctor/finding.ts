import { looksLikeKey } from '#mailer-config';
import type { Situation } from './cause.js';
import { type CauseCode, causes } from './causes.js';
import type { Finding, Fix } from './report.js';

/** What is to be said about one finding besides what its cause says. */
export interface Observation extends Partial<
  Pick<
    Finding,
    | 'title'
    | 'severity'
    | 'settings'
    | 'marks'
    | 'evidence'
    | 'server'
    | 'node'
    | 'retryable'
    | 'docs'
  >
> {
  readonly stage: Finding['stage'];
  readonly confidence: Finding['confidence'];
  /** Wins over the fix of the cause, part by part: a fix that was tried is `verified`. */
  readonly fix?: Partial<Fix> | undefined;
}

/** A cause that was met, with what was seen of it. */
export function findingOf(
  code: CauseCode,
  known: Situation,
  { fix, ...observed }: Observation,
): Finding {
  const cause = causes[code];
  // At some providers the user name is a key, and then no sentence may have it.
  const { username } = known;
  const situation = username && looksLikeKey(username) ? { ...known, username: undefined } : known;
  const help = cause.help(situation);
  return {
    code,
    severity: cause.severity,
    title: cause.title(situation),
    settings: cause.settings,
    marks: {},
    evidence: [],
    server: null,
    node: null,
    retryable: cause.retryable,
    docs: cause.docs,
    ...observed,
    fix: { set: {}, unset: [], steps: [], alternatives: [], ...help, ...fix },
  };
}
