import type { SmtpSettings } from '#mailer-config';
import type { CauseCode } from './causes.js';
import { causeOfDistrust } from './certificate.js';
import { REFUSED_BY_OPENSSL } from './handshake-diagnosis.js';
import { certain, type Diagnosed, type Failed, likely } from './wire-diagnosis.js';

const IF_MAIL_SERVER =
  'If a mail server listens there, write SMTP_TLS=false and SMTP_OPPORTUNISTIC_TLS=true; else correct SMTP_PORT.';

/** What OpenSSL says when what comes is no TLS record. */
const NO_TLS = ['ERR_SSL_WRONG_VERSION_NUMBER', 'ERR_SSL_PACKET_LENGTH_TOO_LONG'];

const TOO_OLD = [
  'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION',
  'ERR_SSL_UNSUPPORTED_PROTOCOL',
  'ERR_SSL_NO_PROTOCOLS_AVAILABLE',
];

const ALERTS: Readonly<Record<string, CauseCode>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'CLIENT_CERT_REQUIRED',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'CLIENT_CERT_REQUIRED',
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': 'CLIENT_CERT_REQUIRED',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': 'CLIENT_CERT_REQUIRED',
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': 'CLIENT_CERT_REQUIRED',
  ERR_SSL_TLSV1_UNRECOGNIZED_NAME: 'SNI_REFUSED',
  ERR_SSL_TLSV1_ALERT_INTERNAL_ERROR: 'TLS_SERVER_ERROR',
};

/** What both ways to TLS have in common: the handshake was answered, and failed. */
function byHandshake(errorCode: string, account: SmtpSettings): Diagnosed {
  const { host, tls } = account;
  const distrust = causeOfDistrust(errorCode, account);
  if (distrust) return distrust;
  if (TOO_OLD.includes(errorCode))
    return likely('TLS_TOO_OLD', `${host} speaks no TLS as new as ${tls.minVersion}`);
  const code = REFUSED_BY_OPENSSL[errorCode] ?? ALERTS[errorCode];
  return code && certain(code);
}

export function byImplicitTls(
  { errorCode = '', ending }: Failed,
  account: SmtpSettings,
): Diagnosed {
  // plain text came, whose it may be: OpenSSL keeps the words for itself
  if (NO_TLS.includes(errorCode))
    return { ...likely('TLS_MODE_IMPLICIT_ON_PLAIN'), steps: [IF_MAIL_SERVER] };
  if (ending === 'deadline') return likely('SILENT_SERVER');
  if (errorCode === '' || CUT.includes(errorCode)) return likely('CLOSED_DURING_HANDSHAKE');
  return byHandshake(errorCode, account);
}

export function byStartTls({ errorCode = '', ending }: Failed, account: SmtpSettings): Diagnosed {
  if (NO_TLS.includes(errorCode)) return certain('STARTTLS_GARBAGE');
  if (ending === 'deadline') return certain('STARTTLS_STALL');
  if (ending === 'malformed') return certain('STARTTLS_REFUSED');
  if (errorCode === '' || CUT.includes(errorCode)) return certain('STARTTLS_CLOSED');
  return byHandshake(errorCode, account);
}

const CUT = ['ECONNRESET', 'EPIPE'];
