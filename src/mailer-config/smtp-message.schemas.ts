import { anyText, duration, emailAddress, setting, wholeNumber } from '#settings';
import { sender } from './sender.js';
import { dkimSelector, domainName, pipelining } from './smtp-values.js';
import { privateKey } from './pem.js';
import { fileOf } from './text-form.js';

const message = { group: 'SMTP: what every mail carries' };
const limits = { group: 'SMTP: limits and deadlines' };

/** What every mail carries, and how much goes out how fast. */
export const messageSettings = {
  SMTP_SENDER: setting(
    {
      ...message,
      otherwise: 'none (required with `SMTP_HOST`)',
      example: 'noreply@example.com',
      meaning: '`a@b` or `"Name" <a@b>`',
    },
    sender,
  ),
  SMTP_REPLY_TO: setting({ ...message, meaning: 'where answers go' }, emailAddress),
  SMTP_RETURN_PATH: setting(
    {
      ...message,
      otherwise: 'the sender',
      meaning: 'envelope sender, where bounces go',
    },
    emailAddress,
  ),
  SMTP_BCC: setting({ ...message, meaning: 'gets a blind copy of every mail' }, emailAddress),
  SMTP_READ_RECEIPT_TO: setting(
    { ...message, meaning: 'asks readers to send a receipt to this address' },
    emailAddress,
  ),
  SMTP_FOOTER: setting({ ...message, multiline: true, meaning: 'text below every mail' }, anyText),
  SMTP_DKIM_DOMAIN: setting(
    { ...message, meaning: 'sign every mail with DKIM for this domain' },
    domainName,
  ),
  SMTP_DKIM_SELECTOR: setting(
    { ...message, meaning: 'the part before `._domainkey` in the name of the DNS record' },
    dkimSelector,
  ),
  SMTP_DKIM_KEY_FILE: setting(
    { ...message, meaning: 'PEM file with the private key' },
    fileOf(privateKey),
  ),
  SMTP_MAX_CONNECTIONS: setting(
    {
      ...limits,
      otherwise: '`5`, or less as `SMTP_PROVIDER` allows',
      example: '5',
      meaning: 'connections at once, over all workers',
    },
    wholeNumber(1, 1000, 5),
  ),
  SMTP_PIPELINING: setting(
    {
      ...limits,
      default: 'auto',
      meaning:
        'how mails share a connection, at most: `chunking` (several at once, RFC 3030), `pipelining` (one a round trip, RFC 2920), `grouped` (two round trips) or `in-turn`; `auto` is what the server offers, and less where it misbehaves',
    },
    pipelining,
  ),
  SMTP_MAX_IN_FLIGHT: setting(
    {
      ...limits,
      default: '16',
      meaning:
        'mails under way at once on a connection with `chunking`: as many may arrive twice when it is lost',
    },
    wholeNumber(1, 256, 16),
  ),
  SMTP_MAX_PER_MINUTE: setting(
    {
      ...limits,
      otherwise: 'none, or that of `SMTP_PROVIDER`',
      meaning: 'mails a minute, over all workers',
    },
    wholeNumber(1, 1_000_000, 100),
  ),
  SMTP_MAX_PER_DAY: setting(
    {
      ...limits,
      otherwise: 'none, or that of `SMTP_PROVIDER`',
      meaning: 'mails a day, over all workers',
    },
    wholeNumber(1, 1_000_000_000, 2000),
  ),
  SMTP_TIMEOUT_CONNECT: setting(
    {
      ...limits,
      default: '10s',
      meaning: 'hard deadline until connected; `10s`, `500ms`, `2m` or a number of ms',
    },
    duration('10s'),
  ),
  SMTP_TIMEOUT_GREETING: setting(
    { ...limits, default: '10s', meaning: 'hard deadline for the greeting' },
    duration('10s'),
  ),
  SMTP_TIMEOUT_COMMAND: setting(
    { ...limits, default: '30s', meaning: 'hard deadline for the answer to one command' },
    duration('30s'),
  ),
  SMTP_TIMEOUT_DATA: setting(
    { ...limits, default: '120s', meaning: 'hard deadline for a message and its answer' },
    duration('120s'),
  ),
};
