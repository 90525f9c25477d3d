import type { Examination } from './examination.js';
import { modeOf } from './examination.js';
import type { Evidence, Fix } from './report.js';
import { settingsFor } from './settings-change.js';
import type { Situation } from './cause.js';
import type { Trial } from './trial.js';

/** The door that a trial went through, for the sentences of a finding. */
export const doorOf = (trial: Trial | undefined): Pick<Situation, 'openDoor'> =>
  trial ? { openDoor: { port: trial.plan.port, mode: modeOf(trial.plan) } } : {};

/** The settings that led there, as a fix that was tried. */
export function provenFix(examination: Examination, trial: Trial | undefined): Partial<Fix> {
  if (!trial) return {};
  const { plan, given } = examination;
  // what stands in SMTP_URL can't be changed by another setting beside it
  if (given.has('SMTP_URL')) return {};
  const { host, port } = trial.plan;
  const set = settingsFor(plan, { host, port, mode: modeOf(trial.plan) }, given);
  return { applicability: 'verified', set, unset: [], steps: [], alternatives: [] };
}

/** What the trial showed; nothing where there was none. */
export const trialEvidence = (trial: Trial | undefined): Evidence[] =>
  trial ? [{ kind: 'probe', text: `port ${trial.plan.port}: ${trial.text}`, ms: trial.ms }] : [];
