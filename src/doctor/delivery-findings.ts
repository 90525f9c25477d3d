import type { SenderRecords } from '#mailer-config';
import type { SettingName } from './cause.js';
import { keyName, type OwnKey, type ProviderKey } from './dkim-keys.js';
import { alignment, type DmarcPolicy } from './dmarc.js';
import type { Examination } from './examination.js';
import type { Evidence, Finding } from './report.js';
import { domainOfAddress } from './sender-dns.js';
import type { SpfJudgement } from './spf.js';

/** Whose DNS receivers ask, and what it said of DKIM. */
export interface Sender {
  /** The domain in From. */
  readonly domain: string;
  /** The address in MAIL FROM, whose domain SPF is about (RFC 7208 section 2.4), and its setting. */
  readonly bounces: string;
  readonly setting: SettingName;
  readonly provider: SenderRecords;
  readonly ownKey: OwnKey | undefined;
  /** Undefined: nothing can be known of the provider's keys, or nobody would miss one. */
  readonly providerKey: ProviderKey | undefined;
}

export function spfFinding(
  examination: Examination,
  { bounces, setting, provider, providerKey: key }: Sender,
  { is, records }: SpfJudgement,
  policy: Evidence,
): Finding | undefined {
  // the record that counts is one of the provider's, and DKIM is set up
  if (provider.ownReturnPath && key === 'there' && is !== 'duplicate') return undefined;
  const code = SPF_CAUSES[is];
  if (!code) return undefined;
  const shown = records.map((text): Evidence => {
    const line = `${domainOfAddress(bounces)} TXT: ${text}`;
    return { kind: 'dns', text: examination.log.shown(line, 200) };
  });
  return examination.found(
    code,
    {
      stage: 'delivery',
      confidence: is === 'excludes' ? 'likely' : 'certain',
      severity: 'warning',
      settings: [setting],
      evidence: [...shown, policy],
    },
    { spfInclude: provider.spfInclude, sender: bounces },
  );
}

const SPF_CAUSES = {
  fine: undefined,
  unknown: undefined,
  missing: 'SPF_MISSING',
  duplicate: 'SPF_DUPLICATE',
  excludes: 'SPF_EXCLUDES_RELAY',
} as const;

export function noMailDomain(examination: Examination, { bounces, setting }: Sender): Finding {
  const text = `${domainOfAddress(bounces)} has no server for mail: answers and bounces get lost`;
  return examination.found(
    'SENDER_DOMAIN_UNKNOWN',
    {
      stage: 'delivery',
      confidence: 'likely',
      severity: 'warning',
      settings: [setting],
      evidence: [{ kind: 'dns', text }],
    },
    { sender: bounces },
  );
}

/** Every mail is signed with a key that nobody can look up: worse than no signature. */
export function ownKeyFinding(
  examination: Examination,
  { ownKey: key }: Sender,
  policy: Evidence,
): Finding | undefined {
  const { dkim } = examination.plan;
  if (!dkim || (key !== 'none' && key !== 'another')) return undefined;
  const name = keyName(dkim.selector, dkim.domain);
  const [title, seen] =
    key === 'none'
      ? [`DNS has no key at ${name}`, `there is no key at ${name}`]
      : [
          `The key at ${name} is not the public half of SMTP_DKIM_KEY_FILE`,
          `there is a key at ${name}, which belongs to another private key`,
        ];
  return examination.found('DKIM_KEY_MISSING', {
    stage: 'delivery',
    confidence: key === 'none' ? 'likely' : 'certain',
    title: `${title}, so that the DKIM signature of no mail can be verified`,
    settings: ['SMTP_DKIM_SELECTOR', 'SMTP_DKIM_DOMAIN'],
    evidence: [{ kind: 'dns', text: seen }, policy],
    fix: {
      summary: 'publish the DKIM key',
      steps: [
        `DNS, ${name}, TXT: v=DKIM1; k=rsa; p=… with the public half of SMTP_DKIM_KEY_FILE, which openssl pkey -pubout shows.`,
        'Where it is published under another name: correct SMTP_DKIM_SELECTOR and SMTP_DKIM_DOMAIN.',
      ],
    },
  });
}

/** The provider does not sign for this domain, probably: it may use other selectors. */
export function providerKeyFinding(
  examination: Examination,
  { domain, provider, providerKey: key, ownKey: own }: Sender,
  policy: Evidence,
): Finding | undefined {
  if (!provider.dkim || key !== 'none') return undefined;
  // our own signature does what the provider's would do; where it fails that is said already
  if (own === 'there' || own === 'none' || own === 'another') return undefined;
  const { selectors, type, page } = provider.dkim;
  const asked = selectors.map((selector) => keyName(selector, domain));
  const called = examination.situation.provider ?? examination.plan.host;
  return examination.found('DKIM_KEY_MISSING', {
    stage: 'delivery',
    confidence: 'likely',
    title: `${domain} has no DKIM key where ${called} mostly has one, so that mail is probably not signed for it`,
    evidence: [{ kind: 'dns', text: `there is no key at ${asked.join(', ')}` }, policy],
    fix: {
      summary: 'have the provider sign for the domain',
      steps: [
        `Set up ${domain} in the console of ${called}, and publish the records it shows: ${type} at ${asked.join(' and ')}, or other names where it shows others.`,
        'Where it shows that DKIM is verified under another name, there is nothing to do.',
      ],
    },
    docs: [page],
  });
}

/** DMARC asks for SPF or DKIM in the name of the sender, and one of both can not give that. */
export function alignmentFinding(
  examination: Examination,
  { domain, bounces, setting, providerKey: provider, ownKey: own }: Sender,
  dmarc: DmarcPolicy,
  policy: Evidence,
): Finding | undefined {
  if (dmarc.policy === 'none') return undefined;
  const { dkim } = examination.plan;
  const signed = dkim && alignment(domain, dkim.domain, dmarc.dkim);
  // a signature in the name of the sender is enough
  if (provider === 'there' || (signed === 'aligned' && own === 'there')) return undefined;
  const envelope = domainOfAddress(bounces);
  const faults = [
    ...(alignment(domain, envelope, dmarc.spf) === 'apart'
      ? [
          {
            what: `return path (${envelope})`,
            seen: `SPF has to be aligned, ${dmarc.spf}`,
            settings: [setting],
          },
        ]
      : []),
    ...(dkim && signed === 'apart'
      ? [
          {
            what: `DKIM signature (${dkim.domain})`,
            seen: `DKIM has to be aligned, ${dmarc.dkim}`,
            settings: ['SMTP_DKIM_DOMAIN' as const],
          },
        ]
      : []),
  ];
  const [first, second] = faults;
  if (!first) return undefined;
  const subject = second
    ? `Neither the ${first.what} nor the ${second.what} is`
    : `The ${first.what} is not`;
  return examination.found('DMARC_NOT_ALIGNED', {
    stage: 'delivery',
    confidence: 'likely',
    title: `${subject} of ${domain}, as its DMARC policy (${dmarc.policy}) wants`,
    settings: faults.flatMap(({ settings }) => settings),
    evidence: [policy, ...faults.map(({ seen }): Evidence => ({ kind: 'dns', text: seen }))],
  });
}
