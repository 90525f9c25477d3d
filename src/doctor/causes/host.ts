import { byHand, causesOf, correct, type Situation, write } from '../cause.js';

const example = 'smtp.your-provider.com';

/** The bare name in a URL, or in a name with a port or a dot; undefined where there is none. */
function bareHost({ value = '' }: Situation): string | undefined {
  const name = /^(?:[a-z][a-z0-9+.-]*:\/\/)?([a-z0-9-]+(?:\.[a-z0-9-]+)*)\.?(?::\d*)?\/?$/i.exec(
    value.trim(),
  )?.[1];
  return name?.toLowerCase();
}

const bare = (situation: Situation) => {
  const host = bareHost(situation);
  return host
    ? write('write the bare host name', { SMTP_HOST: host })
    : correct('write the bare host name', `Write SMTP_HOST=${example}, the name and nothing else.`);
};

function hostAndPort(situation: Situation) {
  const host = bareHost(situation);
  const port = /:(\d+)\/?$/.exec(situation.value ?? '')?.[1];
  return host && port
    ? write('write name and port apart', { SMTP_HOST: host, SMTP_PORT: port })
    : bare(situation);
}

/** SMTP_HOST is not a host name, which shows before anything is sent. */
export const hostCauses = causesOf('config', {
  HOST_HAS_SCHEME: {
    settings: ['SMTP_HOST'],
    title: 'SMTP_HOST is a URL, and a host name is wanted',
    explanation:
      'SMTP_HOST takes a bare name such as smtp.your-provider.com. What a scheme like smtps:// would say is said by SMTP_TLS and SMTP_OPPORTUNISTIC_TLS. Write the name alone, or move the whole URL to SMTP_URL and remove the settings it replaces.',
    help: bare,
    docs: ['https://www.rfc-editor.org/rfc/rfc8314'],
  },
  HOST_HAS_PORT: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: 'SMTP_HOST contains a port, which has a setting of its own',
    explanation:
      'A name with a port behind it is looked up as it stands, and there is no such name. Write the name into SMTP_HOST and the number into SMTP_PORT.',
    help: hostAndPort,
  },
  HOST_WHITESPACE: {
    settings: ['SMTP_HOST'],
    severity: 'warning',
    title: 'White space around SMTP_HOST was removed',
    explanation:
      'A blank, a tab or a carriage return stood around the name; it mostly comes from a file saved on Windows or from a copied cell. Gatepost reads the name without it, and other programs that read the same file may not. Save the file with line ends LF and remove the white space.',
    help: bare,
  },
  HOST_TRAILING_DOT: {
    settings: ['SMTP_HOST'],
    title: 'SMTP_HOST ends in a dot',
    explanation:
      'DNS takes a dot at the end of a name, TLS does not: RFC 6066 forbids it in the server name that a client sends, and a server with many names then answers with its default certificate. Write SMTP_HOST without the last dot.',
    help: bare,
    docs: ['https://www.rfc-editor.org/rfc/rfc6066#section-3'],
  },
  HOST_IS_ADDRESS: {
    settings: ['SMTP_HOST'],
    title: 'SMTP_HOST is a mail address, and the name of a mail server is wanted',
    explanation:
      'SMTP_HOST names the machine that takes the mail, and not who sends it. The provider of the mailbox says the name on its page about SMTP. Write that name into SMTP_HOST, and the address into SMTP_USERNAME or SMTP_SENDER.',
    help: correct(
      'write the name of the mail server',
      `Look for “SMTP server” on the help page of your provider and write it, as in SMTP_HOST=${example}.`,
      'Put the mail address into SMTP_USERNAME if the provider wants it for signing in.',
    ),
  },
  HOST_MISSING: {
    settings: ['SMTP_HOST'],
    title: 'No mail server is named',
    explanation:
      'Without SMTP_HOST, SMTP_URL or SMTP_PROVIDER there is nowhere to send to. Outside production the built-in inbox then takes every mail; some programs would silently try localhost. Write SMTP_HOST with the name your provider gives, or SMTP_PROVIDER with its preset.',
    help: correct(
      'name the mail server',
      `Write SMTP_HOST=${example} and SMTP_SENDER=noreply@your-domain, or SMTP_PROVIDER=… with the preset of your provider.`,
    ),
  },
  PRESET_CONTRADICTED: {
    settings: ['SMTP_PROVIDER'],
    severity: 'warning',
    title: 'A setting says something else than the preset of SMTP_PROVIDER',
    explanation:
      'SMTP_PROVIDER stands for a host, a port and a TLS mode, and a setting given beside it wins. That may be meant, and it is often left over from another provider. Remove the setting to use what the preset says, or remove SMTP_PROVIDER and write every setting out.',
    help: byHand(
      'let one of the two go',
      'Remove the setting to use the preset, or remove SMTP_PROVIDER to use the setting.',
    ),
  },
});
