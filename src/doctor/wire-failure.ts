import type { SmtpSettings } from '#mailer-config';
import type { Verdict } from '#smtp';
import type { CauseCode } from './causes.js';
import { REFUSED_BY_OPENSSL } from './handshake-diagnosis.js';

type Codes = Readonly<Record<string, CauseCode>>;

const DNS: Codes = {
  ENOTFOUND: 'DNS_NXDOMAIN',
  ENODATA: 'DNS_NO_ADDRESS',
  ESERVFAIL: 'DNS_SERVFAIL',
  EAI_AGAIN: 'DNS_TIMEOUT',
  ETIMEDOUT: 'DNS_TIMEOUT',
};

const TCP: Codes = {
  ECONNREFUSED: 'CONNECTION_REFUSED',
  ECONNRESET: 'CONNECTION_RESET',
  ETIMEDOUT: 'CONNECTION_FILTERED',
};

const CERTIFICATE: Codes = {
  CERT_HAS_EXPIRED: 'CERT_EXPIRED',
  CERT_NOT_YET_VALID: 'CERT_NOT_YET_VALID',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'CERT_SELF_SIGNED',
  SELF_SIGNED_CERT_IN_CHAIN: 'CERT_UNKNOWN_CA',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'CERT_UNKNOWN_CA',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'CERT_UNKNOWN_CA',
  ERR_TLS_CERT_ALTNAME_INVALID: 'CERT_WRONG_HOST',
};

const STARTTLS: Codes = {
  ...CERTIFICATE,
  ...REFUSED_BY_OPENSSL,
  ECONNRESET: 'STARTTLS_CLOSED',
  ETIMEDOUT: 'STARTTLS_STALL',
};

const IMPLICIT_TLS: Codes = {
  ...CERTIFICATE,
  ...REFUSED_BY_OPENSSL,
  ECONNRESET: 'CLOSED_DURING_HANDSHAKE',
  ETIMEDOUT: 'SILENT_SERVER',
};

const GREETING: Codes = { ECONNRESET: 'CONNECTION_RESET', ETIMEDOUT: 'SILENT_SERVER' };

/**
 * Why a mail did not even get to be talked about, where the walk had come through before: the
 * connection is another one, and much may have changed in between.
 *
 * @returns undefined where the error has no name of its own; the sentence of the verdict tells it
 */
export function causeOfUnsent(
  { stage, errorCode = '' }: Pick<Verdict, 'stage' | 'errorCode'>,
  { security }: Pick<SmtpSettings, 'security'>,
): CauseCode | undefined {
  switch (stage) {
    case 'dns':
      return DNS[errorCode];
    case 'tcp':
      return TCP[errorCode];
    case 'tls':
      return (security === 'starttls' ? STARTTLS : IMPLICIT_TLS)[errorCode];
    case 'greeting':
      return GREETING[errorCode];
    default:
      return undefined;
  }
}
