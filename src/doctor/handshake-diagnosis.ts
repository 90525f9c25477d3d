import { NOT_SMTP, speakerOf } from './banner.js';
import type { CauseCode } from './causes.js';
import { connectTo } from './connect.js';
import { type Examination, failed, modeOf, type Outcome } from './examination.js';
import { elsewhere } from './greeting.js';
import {
  alertOf,
  type Handshake,
  shakeHands,
  type Strictness,
  type Unsecured,
} from './handshake.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import type { Evidence, Finding, Fix, NodeError } from './report.js';
import { planAt } from './settings-change.js';
import { beginTls } from './starttls.js';
import { findDoor, type Trial, tryOut, tryPlainPort } from './trial.js';
import { Wire } from './wire.js';

/** Names that OpenSSL gives to what it refuses itself. */
const BY_CODE: Readonly<Record<string, CauseCode>> = {
  ERR_SSL_DH_KEY_TOO_SMALL: 'DH_TOO_SMALL',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'TLS_LEGACY_RENEGOTIATION',
  ERR_SSL_EE_KEY_TOO_SMALL: 'CERT_WEAK',
  ERR_SSL_CA_KEY_TOO_SMALL: 'CERT_WEAK',
  ERR_SSL_CA_MD_TOO_WEAK: 'CERT_WEAK',
};

/** RFC 8446 section 6: what the server says it does not like. */
const ALERT = {
  handshakeFailure: 40,
  badCertificate: 42,
  unknownCa: 48,
  protocolVersion: 70,
  insufficientSecurity: 71,
  internalError: 80,
  unrecognizedName: 112,
  certificateRequired: 116,
} as const;

/** Why a handshake did not come to its end, found out by more of them where that helps. */
export async function explainHandshake(
  examination: Examination,
  hands: Unsecured,
): Promise<Outcome> {
  const speaker = hands.received.length > 0 ? speakerOf(hands.received) : undefined;
  const isTls = speaker === 'tls' || speaker === 'tls-alert';
  if (speaker && !isTls) return await notTls(examination, hands, speaker);
  const certain = BY_CODE[hands.code ?? ''] ?? byAlert(hands);
  if (certain) return reported(examination, hands, certain, seenIn(hands));
  if (hands.how !== 'error' && !isTls) return await noAnswer(examination, hands);
  return await compare(examination, hands);
}

function byAlert(hands: Unsecured): CauseCode | undefined {
  const alert = alertOf(hands);
  const heardHello = hands.received[0] === 0x16;
  switch (alert) {
    case ALERT.certificateRequired:
      return 'CLIENT_CERT_REQUIRED';
    case ALERT.unrecognizedName:
      return 'SNI_REFUSED';
    case ALERT.internalError:
      return 'TLS_SERVER_ERROR';
    case ALERT.badCertificate:
    case ALERT.unknownCa:
      return 'CLIENT_CERT_REQUIRED';
    case ALERT.handshakeFailure:
      // its own hello came first, so that a cipher was found: TLS 1.2 says it so when it misses
      // our certificate
      return heardHello ? 'CLIENT_CERT_REQUIRED' : undefined;
    default:
      return undefined;
  }
}

/** The answer is no TLS: a greeting, or somebody else. */
async function notTls(
  examination: Examination,
  { received, ms }: Unsecured,
  speaker: ReturnType<typeof speakerOf>,
): Promise<Outcome> {
  const { plan } = examination;
  const text = received.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  const seen: Evidence = { kind: 'banner', text: examination.quote(text), ms };
  if (plan.security === 'starttls')
    return await encryptedElsewhere(examination, 'STARTTLS_GARBAGE', [seen]);
  if (speaker in NOT_SMTP)
    return await elsewhere(examination, NOT_SMTP[speaker as keyof typeof NOT_SMTP], 'tls', seen);
  if (speaker === 'smtp') return await plainServer(examination, seen);
  return await elsewhere(examination, 'NOT_TLS', 'tls', seen);
}

/** SMTP_TLS=true, and the server greets in plain text. */
export async function plainServer(examination: Examination, seen: Evidence): Promise<Outcome> {
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

/** The ClientHello was answered by silence or by the end of the connection. */
async function noAnswer(examination: Examination, hands: Unsecured): Promise<Outcome> {
  const { plan, addresses, limits } = examination;
  const isSilent = hands.how === 'silence';
  const text = isSilent
    ? `no answer to the ClientHello within ${hands.ms} ms`
    : `closed ${hands.ms} ms after the ClientHello`;
  const seen: Evidence = { kind: 'probe', text };
  if (plan.security === 'starttls')
    return await encryptedElsewhere(examination, isSilent ? 'STARTTLS_STALL' : 'STARTTLS_CLOSED', [
      seen,
    ]);
  // perhaps a plain server that does not like to be talked to out of turn, or a slow one
  const again = await connectTo(examination, plan, addresses, limits.tcp);
  if (again.kind === 'connected') {
    const wire = new Wire(again.socket, examination.aside);
    await wire.stirs(examination.within(isSilent ? limits.greeting - hands.ms : limits.ehlo));
    again.socket.destroy();
    if (wire.first.length > 0) {
      const speaker = speakerOf(wire.first);
      const line = wire.first.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
      const banner: Evidence = { kind: 'banner', text: examination.quote(line) };
      if (speaker === 'smtp') return await plainServer(examination, banner);
      if (speaker in NOT_SMTP)
        return await elsewhere(
          examination,
          NOT_SMTP[speaker as keyof typeof NOT_SMTP],
          'tls',
          banner,
        );
    } else if (!isSilent && wire.age < limits.ehlo / 2) {
      const nothing: Evidence = { kind: 'probe', text: `${text}; the same without it` };
      return await elsewhere(examination, 'CLOSED_BEFORE_GREETING', 'tls', nothing);
    }
  }
  return await elsewhere(
    examination,
    isSilent ? 'SILENT_SERVER' : 'CLOSED_DURING_HANDSHAKE',
    'tls',
    seen,
  );
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

/** The same handshake with Node's own settings, then with ones nobody should use. */
async function compare(examination: Examination, hands: Unsecured): Promise<Outcome> {
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
    : await noAnswer(examination, hands);
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

function reported(
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

function seenIn(hands: Unsecured): Evidence[] {
  const alert = alertOf(hands);
  const text = alert === undefined ? (hands.code ?? hands.how) : `TLS alert ${alert}`;
  return [{ kind: 'probe', text: `the handshake ended with ${text}`, ms: hands.ms }];
}

const nodeError = ({ code, message }: Unsecured): NodeError => ({
  code: 'ESOCKET',
  originalCode: code ?? null,
  message: /error:[0-9A-F]+:(.*)$/i.exec(message)?.[1]?.slice(0, 120) ?? message.slice(0, 120),
});
