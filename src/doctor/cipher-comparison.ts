import { connectTo } from './connect.js';
import { type Examination, failed, type Outcome } from './examination.js';
import {
  alertOf,
  ALERT,
  type Handshake,
  shakeHands,
  type Strictness,
  type Unsecured,
} from './handshake.js';
import { nodeError, reported, seenIn } from './handshake-finding.js';
import { trialEvidence } from './proven.js';
import { beginTls } from './starttls.js';
import { tryOut } from './trial.js';

/**
 * The same handshake with Node's own settings, then with ones nobody should use.
 * @returns undefined where that tells nothing
 */
export async function compareCiphers(
  examination: Examination,
  hands: Unsecured,
): Promise<Outcome | undefined> {
  const { plan } = examination;
  const isSet = plan.tls.ciphers !== undefined || plan.tls.minVersion !== 'TLSv1.2';
  const byDefault = isSet ? await again(examination, 'node-default') : undefined;
  if (byDefault?.kind === 'secured') {
    const seen = `with the ciphers of Node: ${byDefault.protocol}, ${byDefault.socket.getCipher().name}`;
    byDefault.socket.destroy();
    return await excluded(examination, hands, seen);
  }
  const lax = await again(examination, 'lax');
  if (lax?.kind === 'secured') {
    const { protocol } = lax;
    const text = `what it speaks: ${protocol}, ${lax.socket.getCipher().name}`;
    lax.socket.destroy();
    const isOld = protocol === 'TLSv1' || protocol === 'TLSv1.1';
    const code = isOld ? 'TLS_TOO_OLD' : 'CIPHER_TOO_OLD';
    return reported(examination, hands, code, [...seenIn(hands), { kind: 'probe', text }]);
  }
  const isVersion =
    alertOf(hands) === ALERT.protocolVersion || hands.code === 'ERR_SSL_UNSUPPORTED_PROTOCOL';
  const isCipher =
    alertOf(hands) === ALERT.handshakeFailure || alertOf(hands) === ALERT.insufficientSecurity;
  const code = isVersion ? 'TLS_TOO_OLD' : isCipher ? 'CIPHER_TOO_OLD' : undefined;
  if (code) return reported(examination, hands, code, seenIn(hands));
  return hands.how === 'error'
    ? reported(examination, hands, 'TLS_SERVER_ERROR', seenIn(hands), 'guess')
    : undefined;
}

async function excluded(
  examination: Examination,
  hands: Unsecured,
  text: string,
): Promise<Outcome> {
  const { plan } = examination;
  const tls = { ...plan.tls, ciphers: undefined, minVersion: 'TLSv1.2' as const };
  const trial = await tryOut(examination, { ...plan, tls });
  const finding = examination.found('CIPHER_SPEC_EXCLUDES', {
    stage: 'tls',
    confidence: 'certain',
    evidence: [...seenIn(hands), { kind: 'probe', text }, ...trialEvidence(trial)],
    node: nodeError(hands),
    ...(trial && { fix: { applicability: 'verified', steps: [] } }),
  });
  return failed('no cipher in common', finding);
}

async function again(
  examination: Examination,
  strictness: Strictness,
): Promise<Handshake | undefined> {
  const { plan, addresses, limits } = examination;
  const connected = await connectTo(examination, plan, addresses, limits.tcp);
  if (connected.kind !== 'connected') return undefined;
  if (plan.security === 'starttls' && !(await beginTls(examination, connected.socket)))
    return undefined;
  return await shakeHands(connected.socket, plan, examination.within(limits.handshake), strictness);
}
