import { isLoopback, presetOfHost, senderRecordsOf, type SmtpSettings } from '#mailer-config';
import {
  alignmentFinding,
  noMailDomain,
  ownKeyFinding,
  providerKeyFinding,
  type Sender,
  spfFinding,
} from './delivery-findings.js';
import { ownKey, providerKey } from './dkim-keys.js';
import { type DmarcPolicy, dmarcOf } from './dmarc.js';
import { type Examination, type Outcome, passedWith, skipped } from './examination.js';
import { isFreemailDomain } from './freemail.js';
import type { Evidence } from './report.js';
import { domainOfAddress, SenderDns } from './sender-dns.js';
import { judgeSpf } from './spf.js';

/**
 * What receivers will look up about the sender: SPF (RFC 7208), the DKIM key of our own signature
 * or of the provider's (RFC 6376), DMARC and whether one of both can meet it (RFC 7489), and where
 * bounces go. Warnings only: what a provider does with a mail afterwards is not seen from here.
 */
export async function checkDelivery(examination: Examination): Promise<Outcome> {
  const { plan, names, limits } = examination;
  if (isLoopback(plan.host)) return skipped('mail stays on this machine');
  const dns = new SenderDns(names.records, examination.within(limits.delivery));
  const domain = domainOfAddress(plan.sender.address);
  const [sender, dmarc] = await Promise.all([senderOf(plan, dns, domain), dmarcOf(dns, domain)]);
  const envelope = domainOfAddress(sender.bounces);
  const [spf, takesMail] = await Promise.all([
    judgeSpf(dns, envelope, sender.provider.spfInclude),
    doesTakeMail(dns, envelope),
  ]);
  if (spf.is === 'unknown' && spf.records.length === 0)
    return skipped('DNS does not answer for the domain of the sender');
  const policy: Evidence = { kind: 'dns', text: `DMARC of ${domain}: ${shownPolicy(dmarc)}` };
  const findings = [
    spfFinding(examination, sender, spf, policy),
    takesMail ? undefined : noMailDomain(examination, sender),
    ownKeyFinding(examination, sender, policy),
    providerKeyFinding(examination, sender, policy),
    dmarc && alignmentFinding(examination, sender, dmarc, policy),
  ].filter((finding) => finding !== undefined);
  const isKeyKnown = sender.ownKey !== undefined || sender.providerKey !== undefined;
  const text = `SPF, ${isKeyKnown ? 'DKIM, ' : ''}DMARC and MX of ${domain}`;
  return passedWith(findings, { kind: 'dns', text });
}

async function senderOf(plan: SmtpSettings, dns: SenderDns, domain: string): Promise<Sender> {
  const preset = presetOfHost(plan.host);
  const provider = preset ? senderRecordsOf(preset) : {};
  const returnPath = provider.ownReturnPath ? undefined : plan.returnPath;
  const [own, providers] = await Promise.all([
    plan.dkim && ownKey(dns, plan.dkim),
    // such a domain is the provider's own affair: at Google its selectors are dates
    provider.dkim && !isFreemailDomain(domain) && !domain.endsWith('.onmicrosoft.com')
      ? providerKey(dns, provider.dkim, domain)
      : undefined,
  ]);
  return {
    domain,
    bounces: returnPath ?? plan.sender.address,
    setting: returnPath === undefined ? 'SMTP_SENDER' : 'SMTP_RETURN_PATH',
    provider,
    ownKey: own,
    providerKey: providers,
  };
}

/** Is there a server for mail to this domain, as far as DNS can say? */
async function doesTakeMail(dns: SenderDns, domain: string): Promise<boolean> {
  const mx = await dns.mx(domain);
  // the null MX of RFC 7505: it takes none, and many refuse mail from it for that
  if (mx.kind === 'found') return mx.texts.some((exchange) => !['', '.'].includes(exchange));
  // without MX the address takes its place (RFC 5321 section 5.1)
  return mx.kind === 'unknown' || (await dns.addresses(domain)).kind !== 'none';
}

const shownPolicy = (dmarc: DmarcPolicy | undefined): string =>
  dmarc ? `p=${dmarc.policy}, by the record of ${dmarc.domain}` : 'none';
