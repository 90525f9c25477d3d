import { byHand, causesOf, correct, providerOf, type Situation, write } from '../cause.js';

const smtp = 'https://www.rfc-editor.org/rfc/rfc5321';
const amazon = 'https://docs.aws.amazon.com/ses/latest/dg/troubleshoot-smtp.html';

const from = ({ sender }: Situation): string => sender ?? 'the sender';

/** The server lets us in, and not this sender, this recipient or this machine. */
export const senderCauses = causesOf('sender', {
  SENDER_NOT_VERIFIED: {
    settings: ['SMTP_SENDER'],
    title: (situation) =>
      `${providerOf(situation)} has not verified ${from(situation)} as a sender`,
    explanation:
      'Services that send for others let an account use only addresses or domains that it has shown to be its own. Verify the domain in the console of the provider (DNS records for DKIM), or write an address that is verified into SMTP_SENDER.',
    help: correct(
      'verify the sender, or use a verified one',
      'Verify the domain of SMTP_SENDER in the console of the provider.',
      'Or write SMTP_SENDER=… with an address that is verified.',
    ),
    docs: [amazon, 'https://postmarkapp.com/support/article/common-smtp-connection-errors'],
  },
  SENDER_NOT_OWNED: {
    settings: ['SMTP_SENDER', 'SMTP_RETURN_PATH'],
    title: (situation) =>
      `${situation.username ?? 'The account'} may not send as ${from(situation)}`,
    explanation:
      'The server lets an account send only as its own address, or as one that was assigned to it. Write the address of SMTP_USERNAME into SMTP_SENDER, or have “Send As” or an alias granted for the one you want.',
    help: ({ username }) =>
      username?.includes('@')
        ? write(
            'send as the account',
            { SMTP_SENDER: username },
            'Or have “Send As” or an alias granted for the address you want.',
          )
        : correct(
            'send as the account',
            'Write SMTP_SENDER=… with the address of the account, or have “Send As” or an alias granted.',
          ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6409#section-6.1'],
  },
  SENDER_DOMAIN_UNKNOWN: {
    settings: ['SMTP_SENDER'],
    title: (situation) => `The domain of ${from(situation)} does not exist or takes no mail`,
    explanation:
      'Servers refuse a sender to whom no answer or bounce could be sent: its domain has no MX and no address record in DNS. Correct a typing error in SMTP_SENDER, or write an address in a domain that receives mail.',
    help: correct(
      'use a domain that receives mail',
      'Write SMTP_SENDER=noreply@your-domain with a domain that has an MX record.',
    ),
    docs: [`${smtp}#section-5.1`],
  },
  SENDER_FREEMAIL: {
    settings: ['SMTP_SENDER'],
    title: (situation) =>
      `${from(situation)} belongs to a free mail service and is sent through ${providerOf(situation)}`,
    explanation:
      'Domains like gmail.com and yahoo.com say by DMARC that only their own servers send for them, so that mail from elsewhere lands in spam or is refused. Sending services also refuse to verify them. Write an address in a domain of your own into SMTP_SENDER.',
    help: correct('send from your own domain', 'Write SMTP_SENDER=noreply@your-domain.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc7489'],
  },
  SMTPUTF8_MISSING: {
    settings: ['SMTP_SENDER'],
    title: (situation) => `${situation.host} takes no addresses with letters beyond ASCII`,
    explanation:
      'An address with an umlaut or other such letters before the @ needs SMTPUTF8 (RFC 6531), which this server lacks. Write an address with ASCII letters before the @ into SMTP_SENDER; domains are no problem, they have an ASCII form.',
    help: correct(
      'use an ASCII address',
      'Write SMTP_SENDER=noreply@your-domain with ASCII letters before the @.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc6531'],
  },
  PROVIDER_SANDBOX: {
    settings: [],
    title: (situation) =>
      `${providerOf(situation)} is still in its sandbox: it sends only to verified recipients`,
    explanation:
      'New accounts at some providers send only to addresses that were verified first, so that every mail to a stranger is refused, while sign-in and sender are in order. No SMTP_* setting is wrong. Ask the provider to lift the sandbox; until then test with a recipient that is verified in the same region.',
    help: ({ host }) => {
      const region = /^email-smtp\.([a-z0-9-]+)\.amazonaws\.com$/.exec(host)?.[1];
      return byHand(
        'no SMTP_* setting is wrong',
        region
          ? `SES console, region ${region}, “Request production access”.`
          : 'Ask for production access in the console of the provider.',
        'Until then: doctor --to an address that is verified in the same place.',
      );
    },
    docs: [amazon],
  },
  PROVIDER_PERMISSION: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD'],
    title: (situation) => `The credentials may sign in at ${providerOf(situation)}, and not send`,
    explanation:
      'The sign-in succeeded and the account or key lacks the permission to send, or to send as this sender. Amazon SES wants ses:SendRawEmail for the identity in IAM; API keys elsewhere have a permission such as “Mail Send”. Grant the permission in the console of the provider, or use a key that has it.',
    help: byHand(
      'grant the permission to send',
      'Amazon SES: allow ses:SendRawEmail for this identity in IAM.',
      'Elsewhere: give the key “Mail Send” or “Send via SMTP”.',
    ),
    docs: [amazon],
  },
  RELAY_DENIED: {
    settings: ['SMTP_USERNAME', 'SMTP_PASSWORD', 'SMTP_PORT'],
    title: ({ host }) => `${host} does not forward mail for this machine to other domains`,
    explanation:
      'A server forwards mail only for those who signed in, or whose address is on its list; for others it takes mail to its own mailboxes alone. Set SMTP_USERNAME and SMTP_PASSWORD and use port 587 instead of 25, or have the address of this machine listed.',
    help: ({ username, port }) =>
      username === undefined || port === 25
        ? correct(
            'sign in on the submission port',
            'Write SMTP_USERNAME=…, SMTP_PASSWORD=… and SMTP_PORT=587.',
            'Or have the address of this machine listed at the server.',
          )
        : byHand(
            'have this machine, or this account, allowed to relay',
            'Ask the operator of the server to let this account or address send to other domains.',
          ),
    docs: [`${smtp}#section-7.9`],
  },
  CLIENT_RDNS: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: ({ host }) => `${host} refuses this machine, since its address has no name in DNS`,
    explanation:
      'Servers on port 25 take mail only from addresses with a reverse DNS entry (PTR) that leads back to the same address. Ask your hosting company to set one, or better, send through a provider on port 587 or 465, where a sign-in counts and not the address.',
    help: correct(
      'send through a provider on port 587 or 465',
      'Set SMTP_HOST, SMTP_PORT, SMTP_USERNAME and SMTP_PASSWORD of a provider.',
      'Or have a PTR record set for the address of this machine.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc1912#section-2.1'],
  },
  CLIENT_BLOCKLISTED: {
    settings: ['SMTP_HOST', 'SMTP_PORT'],
    title: ({ host }) => `${host} refuses this machine, since its address is on a block list`,
    explanation:
      'The address of this machine is on a list of senders of spam, or of addresses that should not send mail at all, as those of homes and clouds. The reply often names the list and its page. Send through a provider on port 587 or 465, or have the address taken off the list.',
    help: correct(
      'send through a provider on port 587 or 465',
      'Set SMTP_HOST, SMTP_PORT, SMTP_USERNAME and SMTP_PASSWORD of a provider.',
      'Or open the page that the reply names and ask for removal.',
    ),
    docs: ['https://www.rfc-editor.org/rfc/rfc5782'],
  },
  RECIPIENT_UNKNOWN: {
    settings: [],
    title: ({ host, recipient }) =>
      `${host} does not know the recipient${recipient ? ` ${recipient}` : ''}`,
    explanation:
      'The server says that this mailbox does not exist or takes no mail; settings and sign-in are in order. Correct the address, or run the doctor with --to and an address that exists.',
    help: byHand('use a recipient that exists', 'Correct the address of the recipient.'),
    docs: ['https://www.rfc-editor.org/rfc/rfc3463#section-3.2'],
  },
});
