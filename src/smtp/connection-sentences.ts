/** What Node and OpenSSL call the ways a connection fails, and what they mean for people. */
export const CONNECTION_SENTENCES: Readonly<Record<string, (at: Place) => string>> = {
  ENOTFOUND: ({ host }) => `There is no host named ${host}. Check SMTP_HOST for a typing error.`,
  ENODATA: ({ host }) => `${host} has no address. Check SMTP_HOST.`,
  EAI_AGAIN: ({ host }) =>
    `The name server did not answer when asked for ${host}. Check this machine's network and DNS.`,
  ESERVFAIL: ({ host }) =>
    `The name server could not look up ${host}. Check this machine's DNS; it is tried again.`,
  ECONNREFUSED: ({ server }) =>
    `Nothing listens at ${server}. Check SMTP_HOST and SMTP_PORT, and that the server runs.`,
  EHOSTUNREACH: ({ server }) => `There is no way to ${server}. Check the network and the firewall.`,
  ENETUNREACH: ({ server }) => `There is no way to ${server}. Check the network and the firewall.`,
  ETIMEDOUT: ({ server }) =>
    `${server} did not answer. Check SMTP_HOST and SMTP_PORT, and whether a firewall blocks outgoing mail.`,
  EADDRNOTAVAIL: () => 'SMTP_LOCAL_ADDRESS is no address of this machine. Correct it or remove it.',
  EAFNOSUPPORT: ({ host }) =>
    `${host} has no address of the family (IPv4 or IPv6) of SMTP_LOCAL_ADDRESS. Change that, or remove it.`,
  EACCES: ({ server }) => `This machine may not connect to ${server}. Check its firewall.`,
  ECONNRESET: ({ server }) => `${server} cut the connection.`,
  EPIPE: ({ server }) => `${server} cut the connection.`,
  CERT_HAS_EXPIRED: ({ server }) =>
    `The certificate of ${server} has expired. Its operator has to renew it.`,
  CERT_NOT_YET_VALID: ({ server }) =>
    `The certificate of ${server} is not valid yet. Check this machine's clock.`,
  CERT_REVOKED: ({ server }) => `The certificate of ${server} was revoked. Ask its operator.`,
  DEPTH_ZERO_SELF_SIGNED_CERT: ({ server }) =>
    `The certificate of ${server} is signed by itself. If this is your own server, put the certificate into SMTP_TLS_CA_FILE.`,
  SELF_SIGNED_CERT_IN_CHAIN: ({ server }) =>
    `The certificate of ${server} comes from an authority that is not known here. If it is your own, put its certificate into SMTP_TLS_CA_FILE.`,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ({ server }) =>
    `The certificate of ${server} comes from an authority that is not known here, or the server leaves out an intermediate certificate. If it is your own, put the authority's certificate into SMTP_TLS_CA_FILE.`,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ({ server }) =>
    `The certificate of ${server} comes from an authority that is not known here. If it is your own, put its certificate into SMTP_TLS_CA_FILE.`,
  CERT_SIGNATURE_FAILURE: ({ server }) =>
    `The certificate of ${server} was not signed by the authority it names. Check SMTP_TLS_CA_FILE; if that is right, something answers in the server's place.`,
  ERR_TLS_CERT_ALTNAME_INVALID: ({ server, name }) =>
    `The certificate of ${server} is for another name than ${name}. Write the name it is for into SMTP_HOST or SMTP_TLS_SERVERNAME.`,
  ERR_SSL_WRONG_VERSION_NUMBER: ({ server }) =>
    `${server} does not speak TLS from the first byte. Set SMTP_TLS=false to use STARTTLS (port 587), or use port 465.`,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: ({ server }) =>
    `${server} does not speak TLS from the first byte. Set SMTP_TLS=false to use STARTTLS (port 587), or use port 465.`,
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: ({ server, minVersion }) => tooOld(server, minVersion),
  ERR_SSL_UNSUPPORTED_PROTOCOL: ({ server, minVersion }) => tooOld(server, minVersion),
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: ({ server, minVersion }) => tooOld(server, minVersion),
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': ({ server }) =>
    `${server} and we have no TLS cipher in common, or it wants a client certificate. Check SMTP_CIPHER_SPEC, SMTP_TLS_CERT_FILE and SMTP_TLS_KEY_FILE.`,
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: ({ server }) => notAccepted(server),
  'ERR_SSL_SSL/TLS_ALERT_BAD_CERTIFICATE': ({ server }) => notAccepted(server),
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_UNKNOWN': ({ server }) => notAccepted(server),
  'ERR_SSL_SSL/TLS_ALERT_CERTIFICATE_EXPIRED': ({ server }) => notAccepted(server),
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: ({ server }) =>
    `${server} wants a client certificate. Set SMTP_TLS_CERT_FILE and SMTP_TLS_KEY_FILE.`,
};

/** Where it was tried to connect. */
export interface Place {
  readonly host: string;
  /** `host:port`. */
  readonly server: string;
  /** The name the certificate has to be for. */
  readonly name: string;
  readonly minVersion: string;
}

const tooOld = (server: string, minVersion: string): string =>
  `${server} speaks no TLS as new as ${minVersion}. Its operator has to update it; older TLS is not safe.`;

const notAccepted = (server: string): string =>
  `${server} does not accept our client certificate. Check SMTP_TLS_CERT_FILE: who signed it, and until when it is valid.`;
