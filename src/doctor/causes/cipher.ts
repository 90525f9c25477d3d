import { byHand, causesOf } from '../cause.js';

const recommendations = 'https://www.rfc-editor.org/rfc/rfc9325';

/** What the two sides cannot agree upon in the handshake. */
export const cipherCauses = causesOf('tls', {
  TLS_TOO_OLD: {
    settings: ['SMTP_CIPHER_SPEC'],
    title: ({ host }) => `${host} speaks only TLS 1.0 or 1.1, which is no longer safe`,
    explanation:
      'TLS 1.0 and 1.1 were withdrawn in 2021 (RFC 8996), and Gatepost starts at 1.2. The operator has to update the server; tell them so. If SMTP_CIPHER_SPEC=TLSv1.3 is set and the server speaks 1.2, write TLSv1.2.',
    help: byHand(
      'have the server updated',
      'Tell the operator: TLS 1.2 is missing.',
      'If SMTP_CIPHER_SPEC=TLSv1.3 is set, try SMTP_CIPHER_SPEC=TLSv1.2.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc8996', recommendations],
  },
  CIPHER_SPEC_EXCLUDES: {
    settings: ['SMTP_CIPHER_SPEC'],
    title: ({ host }) => `SMTP_CIPHER_SPEC leaves no cipher that ${host} has as well`,
    explanation:
      'With the ciphers of SMTP_CIPHER_SPEC the handshake fails, and with the usual ones it succeeds. Such lists are mostly copied from old instructions (SSLv3). Remove SMTP_CIPHER_SPEC.',
    help: {
      applicability: 'likely',
      summary: 'remove it: the usual ciphers fit',
      unset: ['SMTP_CIPHER_SPEC'],
    },
    docs: [recommendations],
  },
  CIPHER_TOO_OLD: {
    settings: [],
    title: ({ host }) => `${host} has only ciphers that are no longer safe`,
    explanation:
      'Server and client found no cipher in common, with the usual list either: the server offers only old ones such as RC4 or 3DES. The operator has to update the server or its list of ciphers; tell them so.',
    help: byHand(
      'have the server updated',
      'Tell the operator: ECDHE with AES-GCM is missing (RFC 9325).',
    ),
    docs: [recommendations],
  },
  DH_TOO_SMALL: {
    settings: [],
    title: ({ host }) => `${host} uses a Diffie-Hellman group that is too small`,
    explanation:
      'The key exchange of the server uses numbers small enough to be broken (Logjam), and OpenSSL refuses it. The operator has to make parameters of 2048 bits or more, or switch to ECDHE; tell them so.',
    help: byHand(
      'have the parameters renewed',
      'Tell the operator: openssl dhparam -out dh.pem 2048, or ECDHE only.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc7919', recommendations],
  },
  TLS_LEGACY_RENEGOTIATION: {
    settings: [],
    title: ({ host }) =>
      `${host} lacks secure renegotiation, which every server has had since 2010`,
    explanation:
      'Without RFC 5746 somebody in between can put a text of his own before ours, and OpenSSL 3 refuses such servers. Mostly an old appliance stands before the mail server. Its operator has to update it; tell them so, and use another server until then.',
    help: byHand('have the appliance updated', 'Tell the operator: RFC 5746 is missing.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc5746'],
  },
  TLS_SERVER_ERROR: {
    settings: [],
    title: ({ host }) => `${host} ends the handshake with an error of its own`,
    explanation:
      'The server sent the alert “internal error”: mostly its certificate or key could not be loaded, or do not belong together. No setting here is wrong. Tell the operator, who finds the reason in the log of the server.',
    help: byHand(
      'tell the operator of the server',
      'Name the time and the alert: internal_error (80).',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc8446#section-6.2'],
  },
});
