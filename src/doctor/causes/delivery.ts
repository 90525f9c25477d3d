import { byHand, causesOf, providerOf, type Situation } from '../cause.js';

const spf = 'https://www.rfc-editor.org/rfc/rfc7208';
const dmarc = 'https://www.rfc-editor.org/rfc/rfc7489';

const dkim = 'https://www.rfc-editor.org/rfc/rfc6376';

const domainOf = ({ sender }: Situation): string => sender?.split('@')[1] ?? 'your-domain';

/** Mail is taken, or refused, for what receivers think of it. */
export const deliveryCauses = causesOf('delivery', {
  CONTENT_REJECTED: {
    settings: [],
    title: (situation) => `${providerOf(situation)} refuses the message for its content`,
    explanation:
      'A filter took the message for spam or for something dangerous. Sign-in and sender are in order. Check SPF, DKIM and DMARC of the domain of SMTP_SENDER first, since filters trust those, and then shorten the template: fewer links, no shortened ones, no large images.',
    help: byHand(
      'win the trust of the filter',
      'Check SPF, DKIM and DMARC of the domain of SMTP_SENDER.',
      'Simplify the template: few links, all to your own domain.',
    ),
    docs: [dmarc],
  },
  DMARC_REJECTED: {
    settings: ['SMTP_SENDER'],
    title: (situation) =>
      `Mail from ${domainOf(situation)} is refused, since DMARC does not find it genuine`,
    explanation:
      'The domain of SMTP_SENDER says by DMARC that mail must pass SPF or DKIM in its own name, and mail sent this way passes neither. Authorise the provider: add its include to the SPF record, and its DKIM key to the DNS of the domain. Or write an address of another domain into SMTP_SENDER.',
    help: (situation) =>
      byHand(
        'authorise the provider for the domain',
        `Add the SPF include of ${providerOf(situation)} to the TXT record of ${domainOf(situation)}.`,
        `Add the DKIM records that its console shows to the DNS of ${domainOf(situation)}.`,
      ),
    docs: [dmarc, 'https://support.google.com/a/answer/3726730'],
  },
  DMARC_NOT_ALIGNED: {
    settings: ['SMTP_SENDER', 'SMTP_RETURN_PATH', 'SMTP_DKIM_DOMAIN'],
    severity: 'warning',
    title: (situation) =>
      `What vouches for mail from ${domainOf(situation)} is of another domain, and DMARC does not count it`,
    explanation:
      'DMARC counts SPF only where the return path is of the domain in SMTP_SENDER, and DKIM only where the signature is (RFC 7489 section 3.1). A domain below or above it will do, unless the DMARC record says strict (aspf=s, adkim=s). Write a return path and a DKIM domain of the sender’s own domain, or have the provider sign for it; mail is refused or put into spam where neither counts.',
    help: (situation) =>
      byHand(
        'have one of both in the name of the sender',
        `Write SMTP_RETURN_PATH=… with an address in ${domainOf(situation)} (or below it), or remove the setting.`,
        `Or have mail signed for ${domainOf(situation)}: by the provider, or with SMTP_DKIM_DOMAIN=${domainOf(situation)} and a key that is published there.`,
      ),
    docs: [`${dmarc}#section-3.1`],
  },
  DKIM_KEY_MISSING: {
    settings: ['SMTP_SENDER'],
    severity: 'warning',
    title: (situation) => `${domainOf(situation)} has no DKIM key by which mail could be verified`,
    explanation:
      'A DKIM signature is verified by a key in the DNS of the domain it is made for, and there is none of that name, or not the one that belongs to the signature. Publish the record that the console of the provider shows, or for SMTP_DKIM_KEY_FILE a TXT record with its public half at SMTP_DKIM_SELECTOR._domainkey. Providers may use other names than the usual ones: where their console calls the domain verified, all is well.',
    help: (situation) =>
      byHand(
        'publish the DKIM key',
        `Publish the DKIM records that the console of ${providerOf(situation)} shows in the DNS of ${domainOf(situation)}.`,
      ),
    docs: [`${dkim}#section-3.6`, dmarc],
  },
  SPF_MISSING: {
    settings: ['SMTP_SENDER'],
    severity: 'warning',
    title: (situation) => `${domainOf(situation)} has no SPF record`,
    explanation:
      'SPF says in DNS which servers send for a domain; without it many receivers put mail into spam. Add one TXT record to the domain of SMTP_SENDER (of SMTP_RETURN_PATH, where that is another), such as v=spf1 include:spf.your-provider.com ~all, with the include of the provider.',
    help: (situation) =>
      byHand(
        'add an SPF record',
        `DNS, ${domainOf(situation)}, TXT: v=spf1 include:${situation.spfInclude ?? 'spf.your-provider.com'} ~all`,
      ),
    docs: [spf],
  },
  SPF_EXCLUDES_RELAY: {
    settings: ['SMTP_SENDER'],
    severity: 'warning',
    title: (situation) =>
      `The SPF record of ${domainOf(situation)} does not name ${situation.spfInclude ?? providerOf(situation)}`,
    explanation:
      'The SPF record of the domain of SMTP_SENDER (of SMTP_RETURN_PATH, where that is another) lists who may send for it, and the provider of SMTP_HOST is not among them. Receivers mistrust the mail, and refuse it where DMARC says so and no DKIM signature of the domain helps. Add the include of the provider to the record, or its DKIM key to the DNS of the domain.',
    help: (situation) =>
      byHand(
        'add the provider to the SPF record',
        `DNS, ${domainOf(situation)}, TXT: add include:${situation.spfInclude ?? 'spf.your-provider.com'} before ~all.`,
        'Or publish the DKIM key that the console of the provider shows.',
      ),
    docs: [spf, dmarc],
  },
  SPF_DUPLICATE: {
    settings: ['SMTP_SENDER'],
    severity: 'warning',
    title: (situation) => `${domainOf(situation)} has more than one SPF record`,
    explanation:
      'Two TXT records that begin with v=spf1 are an error that lasts (RFC 7208): receivers treat the domain as if it had none. Merge them into one record with all includes, and remove the other.',
    help: (situation) =>
      byHand(
        'merge the SPF records',
        `DNS, ${domainOf(situation)}, TXT: one record v=spf1 with the parts of all, and a single ~all.`,
      ),
    docs: [`${spf}#section-3.2`],
  },
});
