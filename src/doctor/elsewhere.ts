import type { CauseCode } from './causes.js';
import { type Examination, failed, modeOf, type Outcome } from './examination.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import type { Evidence, Finding, StageId } from './report.js';
import { findDoor } from './trial.js';

/** Not the place to hand mail in: says so, and which door of the host is. */
export async function elsewhere(
  examination: Examination,
  code: CauseCode,
  stage: StageId,
  seen: Evidence,
): Promise<Outcome> {
  const door = await findDoor(examination);
  const finding = examination.found(
    code,
    {
      stage,
      confidence: 'certain',
      evidence: [seen, ...trialEvidence(door)],
      fix: provenFix(examination, door),
    },
    doorOf(door),
  );
  return failed(seen.text, finding);
}

/** STARTTLS does not work: another door with TLS is the way, clear text is none. */
export async function encryptedElsewhere(
  examination: Examination,
  code: CauseCode,
  evidence: readonly Evidence[],
  more: Partial<Finding> = {},
): Promise<Outcome> {
  const found = await findDoor(examination);
  const door = found && modeOf(found.plan) !== 'none' ? found : undefined;
  const finding = examination.found(
    code,
    {
      stage: 'tls',
      confidence: 'certain',
      evidence: [...evidence, ...trialEvidence(door)],
      fix: provenFix(examination, door),
      ...more,
    },
    doorOf(door),
  );
  return failed(evidence[0]?.text ?? 'STARTTLS does not work', finding);
}
