import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { presetOfHost, type SmtpSettings } from '#mailer-config';
import type { Situation } from './cause.js';
import type { CauseCode } from './causes.js';

/** What is wrong with a certificate. */
export interface Distrust {
  readonly code: CauseCode;
  readonly confidence: 'certain' | 'likely';
  readonly situation: Pick<Situation, 'certificateNames' | 'issuer' | 'certificateDate'>;
}

/** Antivirus programs and TLS proxies, as they sign what they open on the way. */
const INTERCEPTORS =
  /\b(?:avast|avg|kaspersky|eset|bitdefender|fortinet|fortigate|zscaler|sophos|mcafee|netskope|blue ?coat|palo alto|check ?point|dr\.? ?web|g ?data|trend micro|untangle|websense|forcepoint|cisco umbrella|mitmproxy)\b/i;

/** Authorities whose intermediates people forget to send. */
const PUBLIC_ISSUERS =
  /\b(?:let's encrypt|sectigo|comodo|digicert|globalsign|godaddy|go daddy|gogetssl|rapidssl|geotrust|thawte|entrust|zerossl|amazon|google trust services|buypass|certum|ssl\.com|actalis|gandi|starfield|usertrust)\b/i;

/**
 * Why Node does not trust the certificate of a handshake, in words of mail. Several faults may be
 * there; the one that says most comes first.
 *
 * @param greeting what the server called itself; empty where that is not known yet
 */
export function judgeCertificate(
  certificate: X509Certificate | undefined,
  plan: SmtpSettings,
  distrust: string,
  greeting: string,
): Distrust {
  const names = certificate ? namesIn(certificate) : [];
  const issuer = certificate ? issuerOf(certificate) : '';
  const late = distrust === 'CERT_NOT_YET_VALID' ? certificate?.validFrom : certificate?.validTo;
  const situation = {
    certificateNames: names,
    issuer,
    certificateDate: late ? new Date(late).toISOString().slice(0, 10) : undefined,
  };
  const likely = (code: CauseCode): Distrust => ({ code, confidence: 'likely', situation });
  const isOthers = certificate !== undefined && !isFor(certificate, plan);

  if (INTERCEPTORS.test(certificate?.issuer ?? '')) return likely('TLS_INTERCEPTED');
  if (isOthers && presetOfHost(plan.host) && isSameHouse(names, greeting))
    return likely('SMTP_INTERCEPTED');
  const known = causeOfDistrust(distrust, plan);
  if (known && known.code !== 'CERT_UNKNOWN_CA') return { ...known, situation };
  return certificate && isAlone(certificate) && isFromPublic(certificate)
    ? likely('CERT_CHAIN_INCOMPLETE')
    : likely('CERT_UNKNOWN_CA');
}

/**
 * What Node's or OpenSSL's name for the distrust says by itself.
 *
 * @returns undefined for a name that says nothing about a certificate
 */
export function causeOfDistrust(
  distrust: string,
  { host, tls }: Pick<SmtpSettings, 'host' | 'tls'>,
): Pick<Distrust, 'code' | 'confidence'> | undefined {
  const sure = (code: CauseCode) => ({ code, confidence: 'certain' }) as const;
  switch (distrust) {
    case 'CERT_HAS_EXPIRED':
      return sure('CERT_EXPIRED');
    case 'CERT_NOT_YET_VALID':
      return sure('CERT_NOT_YET_VALID');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return sure(isIP(tls.servername ?? host) ? 'CERT_WRONG_HOST_IP' : 'CERT_WRONG_HOST');
    case 'DEPTH_ZERO_SELF_SIGNED_CERT':
      return sure('CERT_SELF_SIGNED');
    case 'INVALID_PURPOSE':
      return sure('CERT_BAD_PURPOSE');
    case 'CA_MD_TOO_WEAK':
    case 'EE_KEY_TOO_SMALL':
    case 'CA_KEY_TOO_SMALL':
      return sure('CERT_WEAK');
    // Node has no names for what OpenSSL's security level refuses
    case 'UNSPECIFIED':
      return { code: 'CERT_WEAK', confidence: 'likely' };
    // an authority that is not known, or the certificate between was left out
    case 'SELF_SIGNED_CERT_IN_CHAIN':
    case 'UNABLE_TO_GET_ISSUER_CERT':
    case 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY':
    case 'UNABLE_TO_VERIFY_LEAF_SIGNATURE':
      return { code: 'CERT_UNKNOWN_CA', confidence: 'likely' };
    default:
      return undefined;
  }
}

/** In words: `certificate valid until 2027-02-11 for smtp.example.com`. */
export function describeCertificate(certificate: X509Certificate | undefined): string {
  if (!certificate) return 'no certificate';
  const until = new Date(certificate.validTo).toISOString().slice(0, 10);
  const [name = 'nobody'] = namesIn(certificate);
  return `certificate valid until ${until} for ${name}`;
}

/** DNS names and IP addresses that the certificate is for (RFC 9525: the common name does not count). */
export const namesIn = ({ subjectAltName = '' }: X509Certificate): string[] =>
  subjectAltName
    .split(/, /)
    .map((entry) => /^(?:DNS|IP Address):(.+)$/.exec(entry)?.[1])
    .filter((name): name is string => name !== undefined);

function isFor(certificate: X509Certificate, { host, tls }: SmtpSettings): boolean {
  const name = tls.servername ?? host;
  return (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined;
}

function issuerOf({ issuer }: X509Certificate): string {
  const part = (key: string): string | undefined =>
    new RegExp(`^${key}=(.+)$`, 'm').exec(issuer)?.[1];
  return part('O') ?? part('CN') ?? issuer.replaceAll('\n', ', ');
}

/** Did the server send this certificate and none above it? */
const isAlone = ({ issuerCertificate }: X509Certificate): boolean =>
  issuerCertificate === undefined;

const isFromPublic = ({ infoAccess = '', issuer }: X509Certificate): boolean =>
  /CA Issuers/.test(infoAccess) || PUBLIC_ISSUERS.test(issuer);

/** Does a name of the certificate belong to the house that the greeting names? */
function isSameHouse(names: readonly string[], greeting: string): boolean {
  const host = /^\d{3}[ -]([a-z0-9-]+(?:\.[a-z0-9-]+)+)/i.exec(greeting)?.[1]?.toLowerCase();
  if (!host) return false;
  const house = host.split('.').slice(-2).join('.');
  return names.some((name) => name.toLowerCase().endsWith(house));
}
