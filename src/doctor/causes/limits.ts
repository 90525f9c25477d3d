import { byHand, causesOf, perhaps, providerOf, write } from '../cause.js';

const waits = 'https://www.rfc-editor.org/rfc/rfc5321#section-4.5.4.1';

/** Nothing is wrong that could be set right: slower, smaller or later is the answer. */
export const limitCauses = causesOf('limits', {
  TOO_MANY_CONNECTIONS: {
    settings: ['SMTP_MAX_CONNECTIONS'],
    retryable: true,
    title: (situation) => `${providerOf(situation)} has too many connections from here already`,
    explanation:
      'Servers allow a few connections at a time for an address or account (Microsoft 365: 3). Gatepost opens SMTP_MAX_CONNECTIONS of them over all its workers, and other programs may use the same account. Write a lower SMTP_MAX_CONNECTIONS; mails are tried again by themselves.',
    help: write('open fewer connections', { SMTP_MAX_CONNECTIONS: '2' }),
    docs: [waits],
  },
  AUTH_RATE_LIMITED: {
    settings: ['SMTP_MAX_CONNECTIONS'],
    retryable: true,
    title: (situation) => `${providerOf(situation)} saw too many sign-ins and wants a pause`,
    explanation:
      'The provider counts sign-ins, failed ones above all, and refuses more for a while, right or wrong. Do not try again by hand. Wait 15 minutes or more, and write a lower SMTP_MAX_CONNECTIONS, for each connection signs in once.',
    help: write(
      'wait, and sign in less often',
      { SMTP_MAX_CONNECTIONS: '2' },
      'Wait 15 minutes or more without trying.',
    ),
    docs: ['https://support.google.com/a/answer/3726730'],
  },
  AUTH_TEMPORARY: {
    settings: [],
    retryable: true,
    title: (situation) => `${providerOf(situation)} cannot check the sign-in at the moment`,
    explanation:
      'The server answered with a temporary error: what checks passwords there is down or slow. That says nothing about user name or password, and there is nothing to change. Wait; mails are tried again by themselves. If it lasts for hours, look at the status page of the provider.',
    help: byHand('wait', 'Look at the status page of the provider if it lasts for hours.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc4954#section-6'],
  },
  GREYLISTED: {
    settings: [],
    retryable: true,
    title: ({ host }) => `${host} puts off the first mail of a sender it does not know`,
    explanation:
      'Greylisting answers a new combination of machine, sender and recipient with “come back later”, which programs that send spam seldom do. Gatepost comes back by itself after some minutes. Wait; if every code must arrive at once, send through a provider with a sign-in (port 587 or 465).',
    help: byHand('wait some minutes', 'The mail is tried again by itself.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc6647'],
  },
  RATE_LIMITED: {
    settings: ['SMTP_MAX_PER_MINUTE', 'SMTP_MAX_CONNECTIONS'],
    retryable: true,
    title: (situation) => `${providerOf(situation)} finds that mails come too fast`,
    explanation:
      'The provider takes a number of mails in a second or minute and puts off what is more; some say so with a 5xx code that sounds final. Write SMTP_MAX_PER_MINUTE with the number on its page (Amazon SES in the sandbox: 60, Microsoft 365: 30). Mails that were put off are tried again by themselves.',
    help: perhaps(write('send more slowly', { SMTP_MAX_PER_MINUTE: '30' })),
    docs: [waits],
  },
  QUOTA_EXCEEDED: {
    settings: ['SMTP_MAX_PER_DAY'],
    retryable: true,
    title: (situation) => `The quota of the account at ${providerOf(situation)} is used up`,
    explanation:
      'The account has sent as much as its plan allows for a day or a month. No more goes out before the quota begins anew, whatever is set here. Wait until then, or take a larger plan; write SMTP_MAX_PER_DAY so that Gatepost keeps below it and uses other accounts.',
    help: byHand(
      'wait, or take a larger plan',
      'The console of the provider says when the quota begins anew.',
      'Write SMTP_MAX_PER_DAY=… to stay below it.',
    ),
    docs: ['https://support.google.com/a/answer/3726730'],
  },
  MESSAGE_TOO_LARGE: {
    settings: ['SMTP_FOOTER'],
    title: ({ host }) => `The message is larger than ${host} takes`,
    explanation:
      'A server says in EHLO how many octets a message may have (SIZE), or refuses it when it comes. The mails of Gatepost have a few kilobytes, so a large image in a template or in SMTP_FOOTER is the likely reason. Make the message smaller: link images instead of embedding them.',
    help: byHand('make the message smaller', 'Link images in templates and SMTP_FOOTER.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc1870'],
  },
  SERVER_TEMPORARY: {
    settings: [],
    retryable: true,
    title: ({ host }) => `${host} has a fault of its own at the moment`,
    explanation:
      'The server answered with a temporary error: it is overloaded, short of disk, or being restarted. There is nothing to change here. Wait; mails are tried again by themselves, by another account if one is configured.',
    help: byHand('wait', 'Look at the status page of the provider if it lasts for hours.'),
    docs: [waits],
  },
});
