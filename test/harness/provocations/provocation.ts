import type { CauseCode, Report } from '#doctor';
import type { Laboratory, SetUp } from '../doctor.js';

/** A cause, provoked. */
export interface Provocation {
  readonly cause: CauseCode;
  readonly how: string;
  readonly setUp: (lab: Laboratory) => Promise<SetUp>;
  /** How far the fix can be trusted; `likely`, `guess` and `manual` are not told apart. */
  readonly fix: 'verified' | 'unproven';
  /** The server is reached by names that only the test knows, so that no mail can follow. */
  readonly unsendable?: true;
  /** A warning is the finding. */
  readonly warning?: true;
  /** What more must hold. */
  readonly also?: (report: Report) => void;
}
