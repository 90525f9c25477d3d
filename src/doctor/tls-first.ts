import { NOT_SMTP, speakerOf } from './banner.js';
import { describeCertificate } from './certificate.js';
import { elsewhere } from './elsewhere.js';
import { type Examination, failed, type Outcome } from './examination.js';
import { firstLine } from './greeting.js';
import { AFTER_HANDSHAKE, type Handshake } from './handshake.js';
import { provenFix, trialEvidence } from './proven.js';
import type { Evidence } from './report.js';
import { planAt } from './settings-change.js';
import { tryOut } from './trial.js';
import { Wire } from './wire.js';

/** Nobody greeted, and somebody answered a ClientHello. */
export async function tlsFirst(examination: Examination, hands: Handshake): Promise<Outcome> {
  const { plan } = examination;
  if (hands.kind === 'secured') {
    examination.encrypted = true;
    const wire = new Wire(hands.socket, examination.log);
    const trial = await tryOut(examination, planAt(plan, { port: plan.port, mode: 'implicit' }));
    if (!trial) {
      await wire.stirs(examination.within(AFTER_HANDSHAKE));
      // a web server waits for its request; any line at all makes it speak
      if (wire.first.length === 0)
        await wire.ask(`EHLO ${plan.ehloName}`, examination.within(AFTER_HANDSHAKE));
      const speaker = wire.first.length > 0 ? speakerOf(wire.first) : 'nothing';
      const text = `behind TLS: ${examination.quote(firstLine(wire))}`;
      if (speaker in NOT_SMTP)
        return await elsewhere(examination, NOT_SMTP[speaker as keyof typeof NOT_SMTP], 'tls', {
          kind: 'banner',
          text,
        });
    }
    hands.socket.destroy();
    const text = `no greeting, and TLS at once: ${hands.protocol}, ${describeCertificate(hands.certificate)}`;
    return expectsTls(examination, { kind: 'probe', text, ms: hands.ms }, trial);
  }
  const speaker = speakerOf(hands.received);
  if (speaker === 'tls' || speaker === 'tls-alert') {
    const text = `no greeting, and a TLS alert at once`;
    return expectsTls(examination, { kind: 'probe', text, ms: hands.ms }, undefined);
  }
  const line = hands.received.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  const seen: Evidence = { kind: 'banner', text: examination.quote(line), ms: hands.ms };
  const code = speaker in NOT_SMTP ? NOT_SMTP[speaker as keyof typeof NOT_SMTP] : 'NOT_TLS';
  return await elsewhere(examination, code, 'tls', seen);
}

function expectsTls(
  examination: Examination,
  seen: Evidence,
  trial: Awaited<ReturnType<typeof tryOut>>,
): Outcome {
  const finding = examination.found('TLS_MODE_PLAIN_ON_IMPLICIT', {
    stage: 'tls',
    confidence: trial ? 'certain' : 'likely',
    evidence: [seen, ...trialEvidence(trial)],
    node: { code: 'ETIMEDOUT', originalCode: null, message: 'Greeting never received' },
    fix: provenFix(examination, trial),
  });
  return failed('this port expects TLS from the first byte', finding);
}
