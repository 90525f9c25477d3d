import { byHand, causesOf, correct, perhaps, type Situation, write } from '../cause.js';

const named = ({ setting }: Situation): string => setting ?? 'a setting';
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
const at = (situation: Situation): string => capital(named(situation));

/** The value without the quotation marks around it, where it is known. */
function unquoted(situation: Situation) {
  const { setting, value = '' } = situation;
  const inner = /^(["'`])(.+)\1$/.exec(value)?.[2];
  return setting && inner
    ? write('write the value without quotation marks', { [setting]: inner })
    : correct(
        'write the value without quotation marks',
        `Write ${named(situation)} without quotation marks; if they belong to the value, put it into a file and name that in ${named(situation)}_FILE.`,
      );
}

/** What is wrong with a setting as such: its name, its text, its file, its companions. */
export const valueCauses = causesOf('config', {
  SETTING_UNKNOWN: {
    settings: [],
    title: (situation) => `No setting is called ${named(situation)}, and nobody reads it`,
    explanation:
      'A name that is not read has no effect, however right its value is, and a mail that depends on it does not arrive. Most are near misses, or are what another program calls the same thing. Write the name as .env.example has it, or remove the line.',
    help: correct('write the name that is read', 'Look the name up in .env.example.'),
  },
  SETTING_MISSING: {
    settings: [],
    title: (situation) => `${at(situation)} is missing, and another setting needs it`,
    explanation:
      'Some settings work only together: a certificate with its key, a mail server with a sender, a DKIM domain with a selector and a key. Write the missing one as well, or remove the one that needs it.',
    help: (situation) =>
      correct('write the missing setting', `Write ${named(situation)}=… as well.`),
  },
  SETTING_CONFLICT: {
    settings: [],
    title: (situation) => `${at(situation)} contradicts another setting`,
    explanation:
      'Two settings say different things about the same matter, and to let one of them win in silence would hide a mistake. Decide which of the two is meant and remove the other.',
    help: byHand('remove one of the two', 'Keep the setting you mean and remove the other.'),
  },
  VALUE_INVALID: {
    settings: [],
    title: (situation) => `The value of ${named(situation)} is not of the kind it takes`,
    explanation:
      'Each setting takes values of one kind: a name, a number between bounds, a time such as 10s, one of a few words. Look the setting up in .env.example, which shows what it takes, and write a value of that kind.',
    help: (situation) =>
      correct('write a value of its kind', `Look ${named(situation)} up in .env.example.`),
  },
  VALUE_WHITESPACE: {
    settings: [],
    severity: 'warning',
    title: (situation) => `White space around the value of ${named(situation)}`,
    explanation:
      'White space around a value mostly comes from a file saved on Windows or from a copied line. It is removed, except around a secret, where it may belong to the value. Write the value without it and save the file with line ends LF.',
    help: correct('remove the white space', 'Save the file with line ends LF.'),
  },
  VALUE_QUOTED: {
    settings: [],
    title: (situation) => `The quotation marks of ${named(situation)} are part of its value`,
    explanation:
      'In a .env file quotation marks surround a value. The option --env-file of docker, lists in compose files and Kubernetes keep them, so that they become part of it. Write the value without quotation marks there; where they do belong to it, put the value into a file and name that in the setting with _FILE behind its name.',
    help: unquoted,
  },
  VALUE_TRUNCATED: {
    settings: [],
    title: (situation) => `The line of ${named(situation)} is cut off in .env`,
    explanation:
      'In a .env file a value without quotation marks ends at a #, and a value in quotation marks at the second one; the rest of the line is dropped. Put the whole value into single quotes, and a blank before a # that begins a comment.',
    help: (situation) =>
      correct('put the value into single quotes', `Write ${named(situation)}='…'.`),
  },
  PLACEHOLDER_VALUE: {
    settings: [],
    title: (situation) => `${at(situation)} still has the value of an example`,
    explanation:
      'Values like smtp.example.com or changeme only show the form. Nothing answers at a name that is kept for examples (RFC 2606), and no server takes such a password. Write your own value, as your provider gives it.',
    help: (situation) =>
      correct('write your own value', `Write ${named(situation)}=… as your provider gives it.`),
    docs: ['https://www.rfc-editor.org/rfc/rfc2606'],
  },
  FILE_UNREADABLE: {
    settings: [],
    title: (situation) => `The file for ${named(situation)} cannot be read`,
    explanation:
      'A setting names a file, and this process cannot read it: it is not there, belongs to another user, or is not mounted into the container. Check the path as the process sees it, and make the file readable for the user the process runs as.',
    help: correct(
      'make the file readable',
      'Check that the file exists where this process looks, and that its user may read it.',
    ),
  },
  FILE_INVALID: {
    settings: [],
    title: (situation) => `The file for ${named(situation)} does not hold what is needed`,
    explanation:
      'The file is there and its content is something else: it is empty, not UTF-8 text, no PEM, or a key that does not belong to the certificate beside it. Write the right content into the file, or name another file.',
    help: correct('name the right file', 'Look into the file and compare it with the setting.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc7468'],
  },
  PORT_INVALID: {
    settings: ['SMTP_PORT'],
    title: 'SMTP_PORT is no port number',
    explanation:
      'A port is a whole number from 1 to 65535. Where a program falls back to 587 without a word, the server that was meant is never asked. Write SMTP_PORT=587 for STARTTLS or SMTP_PORT=465 for TLS from the first byte.',
    help: ({ mode }) =>
      perhaps(write('write a port number', { SMTP_PORT: mode === 'implicit' ? '465' : '587' })),
    docs: ['https://www.rfc-editor.org/rfc/rfc6409', 'https://www.rfc-editor.org/rfc/rfc8314'],
  },
  BOOLEAN_SPELLING: {
    settings: ['SMTP_TLS', 'SMTP_OPPORTUNISTIC_TLS'],
    title: (situation) => `The value of ${named(situation)} is neither a yes nor a no`,
    explanation:
      'A setting that is on or off takes true or false (also 1 and 0, yes and no, on and off, in any case). Programs that compare with “true” alone take anything else for false without a word, and then wait for a greeting where TLS is spoken. Write true or false.',
    help: (situation) =>
      correct(
        'write true or false',
        `Write ${named(situation)}=true or ${named(situation)}=false.`,
      ),
  },
  TIMEOUT_TINY: {
    settings: [],
    severity: 'warning',
    title: (situation) => `${at(situation)} is a very short time`,
    explanation:
      'A time without a unit counts milliseconds, so that 30 means 30 ms and no server that is not on this machine answers in time. Write the unit, as in 30s or 2m.',
    help: ({ setting, value }) =>
      setting && /^\d+$/.test(value ?? '')
        ? write('write the unit', { [setting]: `${value}s` })
        : correct('write the unit', 'Write the time with its unit, as in 30s.'),
  },
});
