import { byHand, causesOf, correct, perhaps, write } from '../cause.js';

/** User name, password, sender, TLS flags and ciphers that cannot be right as they stand. */
export const signInSettingCauses = causesOf('config', {
  BOTH_TLS_FLAGS: {
    settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
    title: 'SMTP_TLS and SMTP_OPPORTUNISTIC_TLS are both true, and exclude each other',
    explanation:
      'SMTP_TLS=true speaks TLS from the first byte, as port 465 expects; SMTP_OPPORTUNISTIC_TLS=true starts in clear text and changes over with STARTTLS, as port 587 expects. No connection can begin in both ways. Remove SMTP_OPPORTUNISTIC_TLS for port 465; write SMTP_TLS=false for port 587.',
    help: ({ port }) =>
      [465, 2465, 8465].includes(port)
        ? write(`keep TLS from the first byte, which port ${port} expects`, {
            SMTP_TLS: 'true',
            SMTP_OPPORTUNISTIC_TLS: 'false',
          })
        : write(`keep STARTTLS, which port ${port} expects`, {
            SMTP_TLS: 'false',
            SMTP_OPPORTUNISTIC_TLS: 'true',
          }),
    docs: ['https://www.rfc-editor.org/rfc/rfc8314', 'https://www.rfc-editor.org/rfc/rfc3207'],
  },
  CREDENTIALS_HALF: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: 'Only one of SMTP_USERNAME and SMTP_PASSWORD is set',
    explanation:
      'With one of the two a client can not sign in; most skip it in silence and are refused later, when they name the recipient. Set both, or neither for a server that knows this machine by its address.',
    help: correct(
      'set both or neither',
      'Write SMTP_USERNAME=… and SMTP_PASSWORD=…, or remove both for a server without sign-in.',
    ),
  },
  PASSWORD_WHITESPACE: {
    settings: ['SMTP_PASSWORD'],
    severity: 'warning',
    title: 'SMTP_PASSWORD begins or ends with white space',
    explanation:
      'A secret made with echo has a line end behind it, and a copied one often a blank; the server then refuses a password that looks right. It was kept, since it may belong to the password. If it does not, write the password without it (for a Kubernetes secret: echo -n).',
    help: perhaps(
      correct('remove the white space', 'Write SMTP_PASSWORD=… without it (echo -n, printf %s).'),
    ),
  },
  PASSWORD_PERCENT_ENCODED: {
    settings: ['SMTP_PASSWORD'],
    severity: 'warning',
    title: 'SMTP_PASSWORD looks percent-encoded, and is taken literally',
    explanation:
      'In a URL the characters @, : and / of a password are written as %40, %3A and %2F. SMTP_PASSWORD is no part of a URL and is taken as it stands, so that the server gets the wrong password. Write it decoded; only SMTP_URL and SMTP_PROXY want it encoded.',
    help: perhaps(
      correct(
        'write the password decoded',
        'Write SMTP_PASSWORD=… decoded: %40 is @, %3A is :, %23 is #, %25 is %.',
      ),
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc3986#section-2.1'],
  },
  PASSWORD_TRUNCATED: {
    settings: ['SMTP_PASSWORD'],
    title: 'The line of SMTP_PASSWORD is cut off in .env',
    explanation:
      'In a .env file an unquoted value ends at a #, so that a part of the password is missing; compose also expands a $. Put the password into single quotes, and in a compose file write $$ for every $.',
    help: correct(
      'put the password into single quotes',
      "Write SMTP_PASSWORD='…' (in a compose file with $$ for every $).",
    ),
  },
  PASSWORD_INVISIBLE: {
    settings: ['SMTP_PASSWORD'],
    title: 'SMTP_PASSWORD contains an invisible character',
    explanation:
      'A zero width space, a no-break space or a byte order mark came with a copy from a page or document. It cannot be seen, and the server counts it. Type the password by hand, or copy it as plain text.',
    help: correct(
      'type the password by hand',
      'Write SMTP_PASSWORD=… typed, or copied as plain text.',
    ),
  },
  PASSWORD_FORM: {
    settings: ['SMTP_PASSWORD'],
    severity: 'warning',
    title: ({ provider, host }) =>
      `SMTP_PASSWORD is not of the form that is known from ${provider ?? host}`,
    explanation:
      'Many services want no password of a person over SMTP but a key or token of their own, which has a form that can be told. What is set has another form: often it is the key for another interface of the same service. Copy the SMTP key from the console of the service and write it into SMTP_PASSWORD.',
    help: ({ provider, host }) =>
      correct(
        'use the key that is meant for SMTP',
        `Copy the SMTP key from the console of ${provider ?? host} and write it as SMTP_PASSWORD.`,
      ),
  },
  SENDER_NOT_ADDRESS: {
    settings: ['SMTP_SENDER'],
    title: 'SMTP_SENDER is not one mail address',
    explanation:
      'A mail comes from one address, with or without a name before it: noreply@your-domain or "Your Product" <noreply@your-domain>. Lists, bare names and bare domains are refused by every server. Write one address.',
    help: correct('write one address', 'Write SMTP_SENDER=noreply@your-domain.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc5322#section-3.4'],
  },
  CIPHER_SPEC_INVALID: {
    settings: ['SMTP_CIPHER_SPEC'],
    title: 'OpenSSL refuses SMTP_CIPHER_SPEC',
    explanation:
      'SMTP_CIPHER_SPEC is either the oldest protocol to accept, TLSv1.2 or TLSv1.3, or a list of ciphers as OpenSSL writes it, with colons. Spellings like TLS1.2 are neither. Remove SMTP_CIPHER_SPEC, for TLS 1.2 and newer is what holds without it.',
    help: {
      applicability: 'likely',
      summary: 'remove it: TLS 1.2 and newer is the default',
      unset: ['SMTP_CIPHER_SPEC'],
    },
    docs: ['https://www.rfc-editor.org/rfc/rfc9325'],
  },
  CIPHER_SPEC_MISREAD: {
    settings: ['SMTP_CIPHER_SPEC'],
    severity: 'warning',
    title: 'SMTP_CIPHER_SPEC names an old protocol, and is taken as a list of ciphers',
    explanation:
      'OpenSSL reads SSLv3 or TLSv1 as “the ciphers that came with it”, which few servers still share; the protocol is not meant at all. Remove SMTP_CIPHER_SPEC, or write TLSv1.2 or TLSv1.3 for the oldest protocol to accept.',
    help: {
      applicability: 'likely',
      summary: 'remove it: TLS 1.2 and newer is the default',
      unset: ['SMTP_CIPHER_SPEC'],
    },
    docs: ['https://www.rfc-editor.org/rfc/rfc9325'],
  },
  OAUTH_INCOMPLETE: {
    settings: ['SMTP_OAUTH2_REFRESH_TOKEN', 'SMTP_OAUTH2_CLIENT_ID', 'SMTP_OAUTH2_TOKEN_URL'],
    title: 'OAuth2 is configured in part: nothing to get an access token with',
    explanation:
      'An access token lives about an hour and is got with something that lasts: a refresh token, the secret of an application, or the key of a service account. That part is missing. Run “gatepost oauth2 authorize” to consent once and store a refresh token, or set SMTP_OAUTH2_CLIENT_SECRET or SMTP_OAUTH2_SERVICE_KEY_FILE with its grant.',
    help: byHand(
      'consent once',
      'Run “gatepost oauth2 authorize”, which prints the address to consent at and stores the refresh token.',
      'Without a person: set SMTP_OAUTH2_GRANT=client_credentials with SMTP_OAUTH2_CLIENT_SECRET, or service_account with SMTP_OAUTH2_SERVICE_KEY_FILE.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6749#section-6'],
  },
});
