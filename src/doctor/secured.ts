import { describeCertificate } from './certificate.js';
import { certificateFailure, explainCertificate } from './certificate-diagnosis.js';
import { type Examination, type Outcome, passed, passedWith } from './examination.js';
import type { Handshake } from './handshake.js';
import { explainHandshake } from './handshake-diagnosis.js';
import type { Evidence } from './report.js';
import type { Wire } from './wire.js';

export type Secured = Extract<Handshake, { kind: 'secured' }>;

/** The handshake is over for us; now for what the server has to say to it, and for who it is. */
export async function secure(
  examination: Examination,
  hands: Secured,
  wire: Wire,
  greeting: string,
): Promise<Outcome> {
  const refused = await refusalIn(wire);
  if (refused) {
    const { code, message } = refused;
    return await explainHandshake(examination, {
      kind: 'failed',
      how: 'error',
      code,
      message,
      received: Buffer.of(0x16, 0x03),
      ms: hands.ms,
    });
  }
  examination.wire = wire;
  examination.encrypted = true;
  const evidence: Evidence = {
    kind: 'certificate',
    text: `${hands.protocol}, ${examination.log.shown(describeCertificate(hands.certificate))}`,
    ms: hands.ms,
  };
  if (hands.distrust === undefined) {
    examination.verified = true;
    return passed(evidence);
  }
  const finding = await explainCertificate(examination, hands, greeting);
  return finding.severity === 'error'
    ? certificateFailure(finding)
    : passedWith([finding], evidence);
}

/** An alert that came after the handshake: TLS 1.3 judges our certificate only then. */
async function refusalIn(wire: Wire): Promise<NodeJS.ErrnoException | undefined> {
  if (wire.firstAt !== undefined) return undefined;
  const heard = await wire.next(1);
  const error = heard.kind === 'closed' ? heard.error : undefined;
  return error?.code?.startsWith('ERR_SSL_') ? error : undefined;
}
