import type { CauseCode } from './causes.js';
import type { Finding } from './report.js';

/** What the server showed about a setting's value: the words under the user's own line. */
export const marks: Partial<Record<CauseCode, Finding['marks']>> = {
  DNS_NXDOMAIN: { SMTP_HOST: 'there is no such name' },
  DNS_NO_ADDRESS: { SMTP_HOST: 'this name has no address' },
  CONNECTION_REFUSED: { SMTP_PORT: 'nobody listens here' },
  CONNECTION_REFUSED_LOOPBACK: { SMTP_HOST: 'this machine, or this container, itself' },
  CONNECTION_FILTERED: { SMTP_PORT: 'no answer from this port' },
  PORT_25_BLOCKED: { SMTP_PORT: 'no answer from this port' },
  NOT_SMTP_HTTP: { SMTP_PORT: 'a web server answers here' },
  NOT_SMTP_IMAP: { SMTP_PORT: 'this is for reading mail' },
  NOT_SMTP_POP3: { SMTP_PORT: 'this is for reading mail' },
  TLS_MODE_IMPLICIT_ON_PLAIN: { SMTP_TLS: 'starts TLS at once; this server greets first' },
  TLS_MODE_PLAIN_ON_IMPLICIT: { SMTP_TLS: 'waits for a greeting; this server waits for TLS' },
  CIPHER_SPEC_EXCLUDES: { SMTP_CIPHER_SPEC: 'leaves nothing that the server has as well' },
  CERT_WRONG_HOST: { SMTP_HOST: 'not among the names of the certificate' },
  CERT_WRONG_HOST_IP: { SMTP_HOST: 'an address; the certificate has names' },
  SNI_NEEDED: { SMTP_HOST: 'an address; the server has to be asked for by name' },
  EHLO_NAME_REJECTED: { SMTP_EHLO_NAME: 'the server does not take this name' },
};
