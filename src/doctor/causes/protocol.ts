import { byHand, causesOf, doorSettings, serverOf, type Situation, write } from '../cause.js';

const smtp = 'https://www.rfc-editor.org/rfc/rfc5321';
const submission = 'https://www.rfc-editor.org/rfc/rfc6409';

/** The door that takes mail, instead of that of another service. */
function mailDoor({ openDoor }: Situation) {
  const { port, mode } = openDoor ?? { port: 587, mode: 'starttls' as const };
  return write(
    openDoor ? `use port ${port}, which answers with SMTP` : 'use the port where mail is taken',
    doorSettings(port, mode),
    ...(openDoor ? [] : ['Compare SMTP_HOST and SMTP_PORT with the page of the provider.']),
  );
}

const other = (service: string) => (situation: Situation) =>
  `${serverOf(situation)} is ${service}, not a mail server that takes mail`;

/** Another service answers, or SMTP is not spoken in order. */
export const protocolCauses = causesOf('protocol', {
  NOT_SMTP_HTTP: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: other('a web server'),
    explanation:
      'What answers speaks HTTP: a web server, a proxy, or the sign-in page of a network that catches every connection. Write the host and port of the mail server into SMTP_HOST and SMTP_PORT; if they are right, open a web page on this network and sign in to it.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_IMAP: {
    settings: ['SMTP_PORT', 'SMTP_HOST'],
    title: other('an IMAP server'),
    explanation:
      'IMAP (ports 143 and 993) is for reading mail; sending needs SMTP, which the same provider offers on another port and mostly under another name. Write SMTP_PORT=587 or 465, and the SMTP name of the provider into SMTP_HOST.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_POP3: {
    settings: ['SMTP_PORT', 'SMTP_HOST'],
    title: other('a POP3 server'),
    explanation:
      'POP3 (ports 110 and 995) is for fetching mail; sending needs SMTP. Write SMTP_PORT=587 or 465, and the SMTP name of the provider into SMTP_HOST.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_SIEVE: {
    settings: ['SMTP_PORT'],
    title: other('a ManageSieve server'),
    explanation:
      'ManageSieve (port 4190) edits the filters of a mailbox and takes no mail. Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_SSH: {
    settings: ['SMTP_PORT'],
    title: other('an SSH server'),
    explanation:
      'SSH (port 22) is for working on the machine and takes no mail. Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_FTP: {
    settings: ['SMTP_PORT'],
    title: other('an FTP server'),
    explanation:
      'FTP (port 21) greets with 220 as SMTP does, so that programs take it for a mail server until the first command. Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_BINARY: {
    settings: ['SMTP_PORT'],
    title: other('another service, with a binary protocol'),
    explanation:
      'What answers is no text at all, as databases and message queues speak. Write the port of the mail server: SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: mailDoor,
    docs: [submission],
  },
  NOT_SMTP_LMTP: {
    settings: ['SMTP_PORT'],
    title: other('an LMTP server'),
    explanation:
      'LMTP (often port 24) is the last step into local mailboxes: it takes no sign-in and forwards nothing to other hosts. Write SMTP_PORT=587, or SMTP_PORT=465 with SMTP_TLS=true.',
    help: mailDoor,
    docs: ['https://www.rfc-editor.org/rfc/rfc2033', submission],
  },
  GREETING_REJECTED: {
    settings: ['SMTP_PORT'],
    title: ({ host, port }) => `${host} refuses this machine in its greeting on port ${port}`,
    explanation:
      'The server answered the connection itself with a refusal: the address of this machine is on a block list, or this port is only for other mail servers. Read its words, which often name the list. Use the submission port 587 or 465 with a sign-in, or have the address taken off the list.',
    help: ({ port, openDoor }) =>
      port === 25 || openDoor
        ? write(
            'use the submission port',
            doorSettings(openDoor?.port ?? 587, openDoor?.mode ?? 'starttls'),
          )
        : byHand(
            'have the address of this machine allowed',
            'Look the address up in the list that the reply names, and ask to be removed.',
            'Ask the operator of the server whether this machine may send.',
          ),
    docs: [`${smtp}#section-3.1`, submission],
  },
  GREETING_UNTERMINATED: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: (situation) => `The greeting of ${serverOf(situation)} has no end`,
    explanation:
      'Something arrived that looks like a greeting, and the end of its line never came. This is no mail server, or a broken proxy stands before it. Compare SMTP_HOST and SMTP_PORT with the page of the provider, and look at the proxy if there is one.',
    help: mailDoor,
    docs: [`${smtp}#section-4.2`],
  },
  EHLO_NAME_REJECTED: {
    settings: ['SMTP_EHLO_NAME'],
    title: ({ host, ehloName }) =>
      `${host} refuses the name that this machine gives in EHLO${ehloName ? `: ${ehloName}` : ''}`,
    explanation:
      'A client says its name in EHLO, and strict servers refuse names without a dot, address literals like [127.0.0.1] and names that do not exist. The host of ADMIN_WEB_URL is used unless SMTP_EHLO_NAME says another. Write SMTP_EHLO_NAME with a full name of this service, such as app.your-domain.',
    help: ({ name }) =>
      name
        ? write('give a full name', { SMTP_EHLO_NAME: name })
        : {
            applicability: 'likely',
            summary: 'give a full name',
            steps: ['Write SMTP_EHLO_NAME=app.your-domain with a name that DNS knows.'],
          },
    docs: [`${smtp}#section-4.1.1.1`],
  },
  EHLO_UNSUPPORTED: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: ({ host }) => `${host} does not know EHLO, and so has neither TLS nor sign-in`,
    explanation:
      'Every mail server has known EHLO since 1995; without it there is neither STARTTLS nor AUTH, and a password sent all the same would be readable. Mostly this is a filter that speaks for the server. Use another port (465 with SMTP_TLS=true) or another server.',
    help: mailDoor,
    docs: [`${smtp}#section-3.2`],
  },
  EHLO_STALL: {
    settings: ['SMTP_PORT'],
    retryable: true,
    title: ({ host }) => `${host} greets and never answers EHLO`,
    explanation:
      'The connection and the greeting came through, and the first command got no answer. Mostly a device on the way inspects SMTP and drops what it does not know. Try port 465 with SMTP_TLS=true, or 2525 where the provider has it.',
    help: (situation) => ({
      ...mailDoor({
        ...situation,
        openDoor: situation.openDoor ?? { port: 465, mode: 'implicit' },
      }),
      applicability: 'guess',
      summary: 'try a port that is not inspected',
    }),
    docs: [`${smtp}#section-4.5.3.2`],
  },
});
