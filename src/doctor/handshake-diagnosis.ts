import { speakerOf } from './banner.js';
import type { CauseCode } from './causes.js';
import { compareCiphers } from './cipher-comparison.js';
import { connectTo } from './connect.js';
import { elsewhere, encryptedElsewhere } from './elsewhere.js';
import type { Examination, Outcome } from './examination.js';
import { explainFirstWords } from './first-words.js';
import { ALERT, alertOf, type Unsecured } from './handshake.js';
import { reported, seenIn } from './handshake-finding.js';
import type { Evidence } from './report.js';
import { Wire } from './wire.js';

/** Names that OpenSSL gives to what it refuses itself. */
export const REFUSED_BY_OPENSSL: Readonly<Record<string, CauseCode>> = {
  ERR_SSL_DH_KEY_TOO_SMALL: 'DH_TOO_SMALL',
  // what becomes of it under 1024 bits: OpenSSL rates such a group at no bits of security at all,
  // and takes that for an error of its own
  ERR_SSL_UNKNOWN_SECURITY_BITS: 'DH_TOO_SMALL',
  ERR_SSL_UNSAFE_LEGACY_RENEGOTIATION_DISABLED: 'TLS_LEGACY_RENEGOTIATION',
  ERR_SSL_EE_KEY_TOO_SMALL: 'CERT_WEAK',
  ERR_SSL_CA_KEY_TOO_SMALL: 'CERT_WEAK',
  ERR_SSL_CA_MD_TOO_WEAK: 'CERT_WEAK',
};

/** Why a handshake did not come to its end, found out by more of them where that helps. */
export async function explainHandshake(
  examination: Examination,
  hands: Unsecured,
): Promise<Outcome> {
  const speaker = hands.received.length > 0 ? speakerOf(hands.received) : undefined;
  const isTls = speaker === 'tls' || speaker === 'tls-alert';
  if (speaker && !isTls) return await explainFirstWords(examination, hands.received, hands.ms);
  const certain = REFUSED_BY_OPENSSL[hands.code ?? ''] ?? byAlert(hands);
  if (certain) return reported(examination, hands, certain, seenIn(hands));
  if (hands.how !== 'error' && !isTls) return await noAnswer(examination, hands);
  return (await compareCiphers(examination, hands)) ?? (await noAnswer(examination, hands));
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
    if (wire.first.length > 0)
      return await explainFirstWords(examination, wire.first, wire.firstAt ?? 0);
    if (!isSilent && wire.age < limits.ehlo / 2) {
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
