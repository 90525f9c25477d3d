import type { CauseCode } from './causes.js';
import { type Examination, failed, type Outcome } from './examination.js';
import { alertOf, type Unsecured } from './handshake.js';
import type { Evidence, Finding, NodeError } from './report.js';

/** A handshake that failed, as a finding. */
export function reported(
  examination: Examination,
  hands: Unsecured,
  code: CauseCode,
  evidence: readonly Evidence[],
  confidence: Finding['confidence'] = 'certain',
): Outcome {
  const node = nodeError(hands);
  const finding = examination.found(code, { stage: 'tls', confidence, evidence, node });
  return failed(evidence[0]?.text ?? 'the handshake failed', finding);
}

export function seenIn(hands: Unsecured): Evidence[] {
  const alert = alertOf(hands);
  const text = alert === undefined ? (hands.code ?? hands.how) : `TLS alert ${alert}`;
  return [{ kind: 'probe', text: `the handshake ended with ${text}`, ms: hands.ms }];
}

export const nodeError = ({ code, message }: Unsecured): NodeError => ({
  code: 'ESOCKET',
  originalCode: code ?? null,
  message: /error:[0-9A-F]+:(.*)$/i.exec(message)?.[1]?.slice(0, 120) ?? message.slice(0, 120),
});
