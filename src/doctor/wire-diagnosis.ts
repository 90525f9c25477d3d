import type { Verdict } from '#smtp';
import type { Situation } from './cause.js';
import type { CauseCode } from './causes.js';

/** What a failure without a deciding reply means, and how sure that is. */
export interface WireFailure {
  readonly code: CauseCode;
  /** `likely`: by what was seen it may be another cause, which the doctor's probes tell apart. */
  readonly confidence: 'certain' | 'likely';
  /** In place of the title of the cause, where that says more than was seen. */
  readonly title?: string;
  /** In place of what the cause says to do, likewise. */
  readonly steps?: readonly string[];
  /** For the sentences of the cause. */
  readonly situation?: Partial<Situation>;
}

/** What is asked of a verdict. */
export type Failed = Pick<
  Verdict,
  'stage' | 'ending' | 'errorCode' | 'fault' | 'reply' | 'replyCode' | 'sentence' | 'transcript'
>;

export type Diagnosed = WireFailure | undefined;

export const certain = (code: CauseCode, title?: string): WireFailure => ({
  code,
  confidence: 'certain',
  ...(title !== undefined && { title }),
});
export const likely = (code: CauseCode, title?: string): WireFailure => ({
  ...certain(code, title),
  confidence: 'likely',
});
