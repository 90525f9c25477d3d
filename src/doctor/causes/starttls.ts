import { byHand, causesOf, doorSettings, serverOf, type Situation, write } from '../cause.js';

const starttls = 'https://www.rfc-editor.org/rfc/rfc3207';
const implicit = 'https://www.rfc-editor.org/rfc/rfc8314';

/** TLS from the first byte leaves nothing on the way to strip, mask or hold. */
function implicitTls({ openDoor }: Situation, ...steps: string[]) {
  return write(
    'use TLS from the first byte',
    doorSettings(openDoor?.mode === 'implicit' ? openDoor.port : 465, 'implicit'),
    ...steps,
  );
}

/** When TLS starts, and what becomes of STARTTLS. */
export const starttlsCauses = causesOf('tls', {
  TLS_MODE_IMPLICIT_ON_PLAIN: {
    settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
    title: ({ port, setting }) =>
      setting === 'SMTP_URL'
        ? 'smtps:// in SMTP_URL speaks TLS at once, but its port starts in plain text'
        : `SMTP_TLS=true, but port ${port} starts in plain text`,
    explanation:
      'SMTP_TLS=true speaks TLS with the first byte. This server greets in plain text and changes over with STARTTLS, as port 587 does; OpenSSL calls its greeting a “wrong version number”. Write SMTP_TLS=false and SMTP_OPPORTUNISTIC_TLS=true, which is as safe, or use port 465.',
    help: ({ port, openDoor }) => ({
      ...write('use STARTTLS on this port', {
        SMTP_TLS: 'false',
        SMTP_OPPORTUNISTIC_TLS: 'true',
      }),
      alternatives:
        openDoor?.mode === 'implicit' && openDoor.port !== port
          ? [
              {
                applicability: 'likely',
                summary: `keep SMTP_TLS=true and use SMTP_PORT=${openDoor.port}, which answers with TLS here`,
                set: { SMTP_PORT: String(openDoor.port) },
              },
            ]
          : [],
    }),
    docs: [implicit, starttls],
  },
  TLS_MODE_PLAIN_ON_IMPLICIT: {
    settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
    title: ({ port, setting }) =>
      setting === 'SMTP_URL'
        ? 'smtp:// in SMTP_URL starts in plain text, but its port expects TLS at once'
        : `Port ${port} expects TLS from the first byte, but SMTP_TLS is not true`,
    explanation:
      'The server waits for a TLS handshake and the client for a greeting, so that both wait until one gives up. Port 465 is meant to start with TLS. Write SMTP_TLS=true and SMTP_OPPORTUNISTIC_TLS=false, or use port 587 with STARTTLS.',
    help: write('speak TLS from the first byte', {
      SMTP_TLS: 'true',
      SMTP_OPPORTUNISTIC_TLS: 'false',
    }),
    docs: [implicit],
  },
  CLOSED_DURING_HANDSHAKE: {
    settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
    title: (situation) => `${serverOf(situation)} closes the connection when TLS begins`,
    explanation:
      'The server, or a filter before it, ended the connection at the first message of TLS. Either this port does not speak TLS from the first byte, or something on the way does not let TLS through. Write SMTP_TLS=false and SMTP_OPPORTUNISTIC_TLS=true if the provider names this port with STARTTLS; otherwise ask its operator.',
    help: {
      ...write('use STARTTLS, if this is a STARTTLS port', {
        SMTP_TLS: 'false',
        SMTP_OPPORTUNISTIC_TLS: 'true',
      }),
      applicability: 'guess',
    },
    docs: [implicit],
  },
  STARTTLS_NOT_OFFERED: {
    settings: ['SMTP_OPPORTUNISTIC_TLS', 'SMTP_REQUIRE_TLS'],
    title: (situation) => `${serverOf(situation)} offers no STARTTLS, so nothing was sent`,
    explanation:
      'The server has no encryption to offer on this port, and a password sent all the same could be read on the way. Use port 465 with SMTP_TLS=true if the server has it. Only for a server without sign-in on a network you trust write SMTP_OPPORTUNISTIC_TLS=false and SMTP_REQUIRE_TLS=false.',
    help: ({ openDoor }) =>
      openDoor && openDoor.mode !== 'none'
        ? write(
            `use port ${openDoor.port}, which offers TLS`,
            doorSettings(openDoor.port, openDoor.mode),
          )
        : {
            applicability: 'guess',
            summary: 'use TLS from the first byte, if the server has it',
            set: doorSettings(465, 'implicit'),
            alternatives: [
              {
                applicability: 'guess',
                summary: 'do without TLS, only on a network you trust and without a password',
                set: { SMTP_OPPORTUNISTIC_TLS: 'false', SMTP_REQUIRE_TLS: 'false' },
              },
            ],
          },
    docs: [starttls, implicit],
  },
  STARTTLS_STRIPPED: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: (situation) =>
      `Something on the way takes STARTTLS out of what ${situation.host} offers`,
    explanation:
      'The server is known to offer STARTTLS, and here its offer arrives without it. Whoever takes it out can read every password and mail that is then sent in clear text. Do not send without encryption on this network; use port 465 with SMTP_TLS=true, where there is nothing to take out.',
    help: (situation) => implicitTls(situation),
    docs: [starttls, implicit],
  },
  STARTTLS_MASKED: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: 'A firewall masks the greeting and what the server offers, STARTTLS among it',
    explanation:
      'Stars in the greeting and words like XXXXXXXA in the answer to EHLO are the work of a firewall that inspects SMTP (Cisco “inspect esmtp”, formerly “fixup protocol smtp”). It overwrites STARTTLS so that it can read along. Switch the inspection off for this server, or use port 465 with SMTP_TLS=true.',
    help: (situation) =>
      implicitTls(situation, 'Or switch “inspect esmtp” off in the firewall for this server.'),
    docs: [starttls, implicit],
  },
  STARTTLS_REFUSED: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: ({ host }) => `${host} offers STARTTLS and refuses it when asked`,
    explanation:
      'The server lists STARTTLS and answers the command with an error; mostly its certificate or key could not be loaded. Tell its operator, who finds the reason in the log of the server. Until then try port 465 with SMTP_TLS=true.',
    help: (situation) => ({
      ...implicitTls(situation, 'Tell the operator: STARTTLS is refused; the log says why.'),
      applicability: 'guess',
    }),
    docs: [starttls],
  },
  STARTTLS_GARBAGE: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: ({ host }) => `${host} agrees to STARTTLS and then does not speak TLS`,
    explanation:
      'After “220 ready to start TLS” something else came than TLS, so the server or a proxy before it is broken. Tell its operator. Until it is repaired use port 465 with SMTP_TLS=true.',
    help: (situation) => ({
      ...implicitTls(situation, 'Tell the operator: what follows the 220 to STARTTLS is not TLS.'),
      applicability: 'guess',
    }),
    docs: [starttls],
  },
  STARTTLS_INJECTION: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: ({ host }) => `Plain text was glued to the answer of ${host} to STARTTLS`,
    explanation:
      'Behind the answer to STARTTLS, and before TLS, more text arrived in the same packet. Clients that take it for a part of the encrypted session can be fed with commands or mail of a stranger (CVE-2011-0411 and its kin); it was dropped here. Use port 465 with SMTP_TLS=true, and tell the operator of the server.',
    help: (situation) =>
      implicitTls(situation, 'Tell the operator: an attack or a broken proxy injects plain text.'),
    docs: [starttls],
  },
  STARTTLS_STALL: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: ({ host }) => `${host} agrees to STARTTLS, and the handshake never comes`,
    explanation:
      'The server said “220 ready”, and then nothing more arrived. Mostly a device on the way holds the handshake because it cannot inspect it. Try port 465 with SMTP_TLS=true, and ask whoever runs the firewall to let TLS through.',
    help: (situation) => ({ ...implicitTls(situation), applicability: 'guess' }),
    docs: [starttls],
  },
  STARTTLS_CLOSED: {
    settings: ['SMTP_PORT', 'SMTP_TLS'],
    title: ({ host }) => `${host} closes the connection after STARTTLS`,
    explanation:
      'The server agreed to STARTTLS and then the connection ended. The server is at fault, or a device on the way that does not want encryption. Try port 465 with SMTP_TLS=true, and look into the log of the server if it is your own.',
    help: (situation) => ({ ...implicitTls(situation), applicability: 'guess' }),
    docs: [starttls],
  },
  STARTTLS_REQUIRED: {
    settings: ['SMTP_OPPORTUNISTIC_TLS'],
    title: ({ host }) => `${host} wants TLS first, and SMTP_OPPORTUNISTIC_TLS=false forbids it`,
    explanation:
      'The server answers “530 Must issue a STARTTLS command first” or its like: it takes neither a sign-in nor mail in clear text. The settings told the client to do without TLS. Write SMTP_OPPORTUNISTIC_TLS=true.',
    help: write('use STARTTLS', { SMTP_TLS: 'false', SMTP_OPPORTUNISTIC_TLS: 'true' }),
    docs: [starttls, 'https://www.rfc-editor.org/rfc/rfc4954#section-6'],
  },
  AUTH_IN_CLEAR: {
    settings: ['SMTP_OPPORTUNISTIC_TLS', 'SMTP_REQUIRE_TLS'],
    title: ({ host }) => `The password for ${host} could cross the network unencrypted`,
    explanation:
      'With these settings there is no TLS, or none that is insisted on, and whoever is on the way can read user name and password. Write SMTP_OPPORTUNISTIC_TLS=true and leave SMTP_REQUIRE_TLS as it is by default, or use port 465 with SMTP_TLS=true. On a network that you trust SMTP_ALLOW_PLAINTEXT_AUTH=true lifts the rule.',
    help: {
      ...write('use STARTTLS, and insist on it', {
        SMTP_OPPORTUNISTIC_TLS: 'true',
        SMTP_REQUIRE_TLS: 'true',
      }),
      alternatives: [
        {
          applicability: 'likely',
          summary: 'allow it with SMTP_ALLOW_PLAINTEXT_AUTH=true, only on a network you trust',
          set: { SMTP_ALLOW_PLAINTEXT_AUTH: 'true' },
        },
      ],
    },
    docs: [implicit, 'https://www.rfc-editor.org/rfc/rfc4954#section-9'],
  },
  NOT_TLS: {
    settings: ['SMTP_PORT'],
    title: (situation) => `What ${serverOf(situation)} answers is neither TLS nor SMTP`,
    explanation:
      'The server answered the first message of TLS with something that is neither TLS nor a reply of a mail server. This is the port of another service. Compare SMTP_HOST and SMTP_PORT with the page of the provider and correct them.',
    help: ({ openDoor }) =>
      openDoor
        ? write(`use port ${openDoor.port}`, doorSettings(openDoor.port, openDoor.mode))
        : byHand(
            'name the port of the mail server',
            'Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true, as the provider says.',
          ),
    docs: [implicit],
  },
});
