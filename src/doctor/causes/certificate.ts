import { byHand, causesOf, correct, providerOf, type Situation, write } from '../cause.js';

const names = 'https://www.rfc-editor.org/rfc/rfc9525';
const chain = 'https://www.rfc-editor.org/rfc/rfc5280#section-6';

/** A name of the certificate that can stand in SMTP_HOST: one without a star. */
function nameOf({ name, certificateNames = [] }: Situation): string | undefined {
  return name ?? certificateNames.find((candidate) => !candidate.includes('*'));
}

function useName(situation: Situation) {
  const name = nameOf(situation);
  return name
    ? write('use the name in the certificate', { SMTP_HOST: name })
    : correct(
        'use the name in the certificate',
        'Write SMTP_HOST=… with the name that the provider gives for its server.',
      );
}

const listed = ({ certificateNames = [] }: Situation): string =>
  certificateNames.length === 0
    ? 'other names'
    : new Intl.ListFormat('en').format(certificateNames.slice(0, 3));

/** Who the server is, according to its certificate. */
export const certificateCauses = causesOf('tls', {
  SMTP_INTERCEPTED: {
    settings: [],
    title: ({ host, provider }) =>
      `Another server answers in the place of ${host}${provider ? ` (${provider})` : ''}`,
    explanation:
      'Greeting and certificate belong to another host: this network redirects outgoing mail to a server of its own, as some hosting companies do. Do not accept that certificate, for the password would go to the wrong server. Ask the hosting company to lift the redirection, or use a port that it leaves alone, such as 2525 or 465.',
    help: byHand(
      'get past the redirection',
      'Ask the hosting company to lift the restriction on outgoing SMTP.',
      'Try SMTP_PORT=2525, or SMTP_PORT=465 with SMTP_TLS=true, if the provider has them.',
    ),
    docs: [names],
  },
  TLS_INTERCEPTED: {
    settings: ['SMTP_TLS_CA_FILE'],
    title: ({ host, issuer }) =>
      `The certificate of ${host} was made by ${issuer ?? 'a TLS proxy or antivirus program'} on the way`,
    explanation:
      'A device or program on the way opens the encryption and closes it again with a certificate of its own. It can read every mail and the password. Exempt the mail ports from the inspection; if the company wants it so, add the root of that proxy with SMTP_TLS_CA_FILE.',
    help: byHand(
      'exempt mail from the inspection',
      'Exclude this host and port from TLS inspection (“scan outgoing mail”, “SSL inspection”).',
      'Or write SMTP_TLS_CA_FILE=/path/to/ca.pem with the root of the proxy.',
    ),
    docs: [chain],
  },
  CERT_EXPIRED: {
    settings: [],
    title: ({ host, certificateDate }) =>
      `The certificate of ${host} has expired${certificateDate ? ` on ${certificateDate}` : ''}`,
    explanation:
      'A certificate is valid until a day, and that day is past: nobody renewed it, or the server was not told to load the new one. Check that the clock of this machine is right; if it is, the operator of the server has to renew the certificate and reload the server.',
    help: byHand(
      'have the certificate renewed',
      'Check the clock of this machine: date -u',
      'Tell the operator of the server; after a renewal it must be reloaded.',
    ),
    docs: [chain],
  },
  CERT_NOT_YET_VALID: {
    settings: [],
    title: ({ host, certificateDate }) =>
      `The certificate of ${host} is not valid yet${certificateDate ? ` before ${certificateDate}` : ''}`,
    explanation:
      'The certificate begins to be valid at a time that is still to come, by the clock of this machine. Mostly that clock is behind, as in a machine that was restored or has no NTP. Set the clock; if it is right, the operator of the server has to wait or use another certificate.',
    help: byHand('set the clock', 'Compare date -u with the real time and switch NTP on.'),
    docs: [chain],
  },
  CERT_SELF_SIGNED: {
    settings: ['SMTP_TLS_CA_FILE'],
    title: ({ host }) =>
      `The certificate of ${host} is signed by itself, and nobody vouches for it`,
    explanation:
      'The server made its certificate itself, so that it cannot be told from that of somebody in between. If this is your own server, save its certificate as a file and name the file in SMTP_TLS_CA_FILE: then exactly this certificate is trusted. Do not switch the check off, for then any certificate passes.',
    help: ({ host, port }) =>
      correct(
        'trust exactly this certificate',
        `Get it over a way you trust, or: openssl s_client -connect ${host}:${port} -showcerts`,
        'Compare its fingerprint with the one on the server.',
        'Write SMTP_TLS_CA_FILE=/path/to/certificate.pem.',
      ),
    docs: [chain],
  },
  CERT_UNKNOWN_CA: {
    settings: ['SMTP_TLS_CA_FILE'],
    title: ({ host, issuer }) =>
      `The certificate of ${host} comes from an authority not known here${issuer ? `: ${issuer}` : ''}`,
    explanation:
      'The certificate was signed by an authority that is not among those this machine trusts, such as the private one of a company. Get the root certificate of that authority over a way you trust and name its file in SMTP_TLS_CA_FILE.',
    help: correct(
      'add the root of that authority',
      'Get its root certificate from whoever runs the authority.',
      'Write SMTP_TLS_CA_FILE=/path/to/ca.pem.',
    ),
    docs: [chain],
  },
  CERT_CHAIN_INCOMPLETE: {
    settings: ['SMTP_TLS_CA_FILE'],
    title: ({ host }) => `${host} does not send the certificate between its own and the root`,
    explanation:
      'A server has to send its certificate together with the intermediate one that signed it; this one sends its own alone. Browsers fetch the missing one, mail programs do not, so that it works in one place and fails here. The operator has to serve the full chain (fullchain.pem); until then name a file with the intermediate certificate in SMTP_TLS_CA_FILE.',
    help: byHand(
      'have the full chain served',
      'Tell the operator to serve fullchain.pem instead of cert.pem.',
      'Until then: SMTP_TLS_CA_FILE=/path/to/intermediate.pem.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc8446#section-4.4.2', chain],
  },
  CERT_WRONG_HOST: {
    settings: ['SMTP_HOST', 'SMTP_TLS_SERVERNAME'],
    title: (situation) =>
      `The certificate of ${situation.host} is for ${listed(situation)}, not for ${situation.host}`,
    explanation:
      'The certificate is in order and names other hosts. Often SMTP_HOST is a name of your own domain that points to the server of a provider, which knows only its own names. Write one of the names of the certificate into SMTP_HOST, if it is the server you mean.',
    help: useName,
    docs: [names],
  },
  CERT_WRONG_HOST_IP: {
    settings: ['SMTP_HOST'],
    title: (situation) =>
      `SMTP_HOST is the IP address ${situation.host}, and the certificate is for ${listed(situation)}`,
    explanation:
      'Certificates carry names, and hardly ever addresses, so that a server called by its address cannot prove who it is. Write the name of the server into SMTP_HOST, or leave the address and write the name into SMTP_TLS_SERVERNAME.',
    help: (situation) => {
      const name = nameOf(situation);
      const alternatives = name
        ? [
            {
              applicability: 'likely' as const,
              summary: `keep the address and write SMTP_TLS_SERVERNAME=${name}`,
              set: { SMTP_TLS_SERVERNAME: name },
            },
          ]
        : [];
      return { ...useName(situation), alternatives };
    },
    docs: [names],
  },
  SNI_NEEDED: {
    settings: ['SMTP_HOST', 'SMTP_TLS_SERVERNAME'],
    title: ({ host }) => `Without a name ${host} answers with its default certificate`,
    explanation:
      'One address serves many names, and the client says in the handshake which one it wants (SNI). An IP address in SMTP_HOST says none, so that a certificate for somebody else comes back. Write the name of the server into SMTP_HOST, or into SMTP_TLS_SERVERNAME beside the address.',
    help: useName,
    docs: ['https://www.rfc-editor.org/rfc/rfc6066#section-3'],
  },
  SNI_REFUSED: {
    settings: ['SMTP_HOST', 'SMTP_TLS_SERVERNAME'],
    title: ({ host }) => `The server does not know the name ${host} and refuses the handshake`,
    explanation:
      'The server ended the handshake with “unrecognized name”: it is reached under this name and is not set up for it. Write the name that the provider gives for its server into SMTP_HOST, and not an alias in your own domain.',
    help: useName,
    docs: ['https://www.rfc-editor.org/rfc/rfc6066#section-3'],
  },
  CERT_BAD_PURPOSE: {
    settings: [],
    title: ({ host }) => `The certificate of ${host} is not made for servers`,
    explanation:
      'A certificate says what it may be used for, and this one names other purposes, such as signing mail or being a client. The operator has to issue one with the purpose “server authentication”; tell them so. No setting here makes up for it.',
    help: byHand(
      'have another certificate issued',
      'Tell the operator: the certificate lacks the extended key usage serverAuth.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc5280#section-4.2.1.12'],
  },
  CERT_WEAK: {
    settings: [],
    title: ({ host }) => `The certificate of ${host} has a key or signature too weak to trust`,
    explanation:
      'Keys under 2048 bits (RSA) and signatures with SHA-1 can be forged with some effort, and OpenSSL refuses them. The operator has to issue a new certificate with a key of at least 2048 bits and SHA-256; tell them so.',
    help: byHand(
      'have another certificate issued',
      'Tell the operator: at least RSA 2048 or P-256, signed with SHA-256.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc9325#section-4.5'],
  },
  CLIENT_CERT_REQUIRED: {
    settings: ['SMTP_TLS_CERT_FILE', 'SMTP_TLS_KEY_FILE'],
    title: (situation) => `${providerOf(situation)} wants a client certificate`,
    explanation:
      'The server lets in only clients that prove with a certificate who they are. Ask its operator for one, and name the certificate in SMTP_TLS_CERT_FILE and its key in SMTP_TLS_KEY_FILE. Many such servers have another port for clients with user name and password.',
    help: correct(
      'bring a client certificate',
      'Ask the operator for a client certificate, or for a port without one.',
      'Write SMTP_TLS_CERT_FILE=/path/to/cert.pem and SMTP_TLS_KEY_FILE=/path/to/key.pem.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc8446#section-4.3.2'],
  },
  TLS_INSECURE: {
    settings: ['SMTP_TLS_INSECURE'],
    severity: 'warning',
    title: 'SMTP_TLS_INSECURE=true accepts any certificate',
    explanation:
      'The connection is encrypted, and nobody knows with whom: anybody on the way can answer in the place of the server and read password and mails. Remove SMTP_TLS_INSECURE; for a private certificate name it in SMTP_TLS_CA_FILE, for another name write SMTP_TLS_SERVERNAME.',
    help: {
      applicability: 'likely',
      summary: 'check the certificate',
      unset: ['SMTP_TLS_INSECURE'],
      steps: ['For a private certificate write SMTP_TLS_CA_FILE=/path/to/ca.pem.'],
    },
    docs: [names],
  },
});
