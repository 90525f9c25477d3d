import { NOT_SMTP, speakerOf } from './banner.js';
import { elsewhere, encryptedElsewhere } from './elsewhere.js';
import { type Examination, failed, modeOf, type Outcome } from './examination.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import type { Evidence, Fix } from './report.js';
import { planAt } from './settings-change.js';
import { findDoor, type Trial, tryOut, tryPlainPort } from './trial.js';

/** What came where TLS was wanted is no TLS: a greeting, or somebody else. */
export async function explainFirstWords(
  examination: Examination,
  octets: Buffer,
  ms: number,
): Promise<Outcome> {
  const { plan } = examination;
  const speaker = speakerOf(octets);
  const text = octets.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  const seen: Evidence = { kind: 'banner', text: examination.quote(text), ms };
  if (plan.security === 'starttls')
    return await encryptedElsewhere(examination, 'STARTTLS_GARBAGE', [seen]);
  if (speaker in NOT_SMTP)
    return await elsewhere(examination, NOT_SMTP[speaker as keyof typeof NOT_SMTP], 'tls', seen);
  if (speaker === 'smtp') return await plainServer(examination, seen);
  return await elsewhere(examination, 'NOT_TLS', 'tls', seen);
}

/** SMTP_TLS=true, and the server greets in plain text. */
async function plainServer(examination: Examination, seen: Evidence): Promise<Outcome> {
  const { plan } = examination;
  const starttls = planAt(plan, { port: plan.port, mode: 'starttls' });
  const signsIn = plan.auth.method !== 'none' && plan.auth.username !== undefined;
  const clear = planAt(plan, { port: plan.port, mode: 'none' });
  const [trial, door] = await Promise.all([
    signsIn ? tryOut(examination, starttls) : tryPlainPort(examination, starttls, clear),
    findDoor(examination),
  ]);
  const alternatives = door && trial ? alternativesOf(examination, door) : [];
  const finding = examination.found(
    'TLS_MODE_IMPLICIT_ON_PLAIN',
    {
      stage: 'tls',
      confidence: trial ? 'certain' : 'likely',
      evidence: [seen, ...trialEvidence(trial), ...trialEvidence(door)],
      node: { code: 'ESOCKET', originalCode: 'ERR_SSL_WRONG_VERSION_NUMBER' },
      fix: { ...provenFix(examination, trial ?? door), ...(trial && { alternatives }) },
    },
    doorOf(door),
  );
  return failed('the server speaks plain text on this port', finding);
}

function alternativesOf(examination: Examination, door: Trial): Fix['alternatives'] {
  const { port } = door.plan;
  const set = provenFix(examination, door).set ?? {};
  const isTls = modeOf(door.plan) === 'implicit';
  const summary = `${isTls ? 'keep SMTP_TLS=true and ' : ''}use SMTP_PORT=${port}, which answers ${isTls ? 'with TLS ' : ''}here`;
  return [{ applicability: 'verified', summary, set }];
}
