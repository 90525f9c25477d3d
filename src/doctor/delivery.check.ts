import { isLoopback, presetOfHost } from '#mailer-config';
import { type Examination, type Outcome, passedWith, skipped } from './examination.js';
import type { Evidence, Finding } from './report.js';

/** What a sender's SPF record has to include for mail that these providers send. */
const SPF_INCLUDES: Readonly<Record<string, string>> = {
  gmail: '_spf.google.com',
  'google-relay': '_spf.google.com',
  microsoft365: 'spf.protection.outlook.com',
  ses: 'amazonses.com',
  sendgrid: 'sendgrid.net',
  mailgun: 'mailgun.org',
  'mailgun-eu': 'mailgun.org',
  postmark: 'spf.mtasv.net',
  mailjet: 'spf.mailjet.com',
  brevo: 'spf.brevo.com',
  sparkpost: '_spf.sparkpostmail.com',
  zoho: 'zohomail.com',
  fastmail: 'spf.messagingengine.com',
  icloud: 'icloud.com',
  smtp2go: 'spf.smtp2go.com',
  ovh: 'mx.ovh.com',
};

type Answer =
  | { readonly kind: 'found'; readonly texts: readonly string[] }
  /** The name, or a record of this kind, does not exist. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unknown' };

/**
 * What receivers will look up about the domain of the sender: SPF (RFC 7208), DMARC (RFC 7489), the
 * DKIM key of our own signature (RFC 6376), and where answers go. Warnings only: a provider may
 * send with a return path and a signature of its own.
 */
export async function checkDelivery(examination: Examination): Promise<Outcome> {
  const { plan, names, limits } = examination;
  if (isLoopback(plan.host)) return skipped('mail stays on this machine');
  const domain = plan.sender.address.split('@').at(-1) ?? '';
  const ms = examination.within(limits.delivery);
  const { records } = names;
  const txt = async (name: string): Promise<Answer> =>
    await answered(
      records.resolveTxt(name).then((all) => all.map((parts) => parts.join(''))),
      ms,
    );
  const key = plan.dkim && `${plan.dkim.selector}._domainkey.${plan.dkim.domain}`;
  const [spf, dmarc, mx, dkim] = await Promise.all([
    txt(domain),
    txt(`_dmarc.${domain}`),
    answered(
      records.resolveMx(domain).then((all) => all.map(({ exchange }) => exchange)),
      ms,
    ),
    key ? txt(key) : undefined,
  ]);
  if (spf.kind === 'unknown') return skipped('DNS does not answer for the domain of the sender');
  const policy = policyOf(dmarc);
  const evidence: Evidence[] = [
    { kind: 'dns', text: `DMARC of ${domain}: ${policy ? `p=${policy}` : 'none'}` },
  ];
  const findings = [
    ...judgeSpf(examination, domain, spf, evidence),
    ...(mx.kind === 'none' ? [noMailDomain(examination, domain)] : []),
    ...(dkim?.kind === 'none' && key ? [missingKey(examination, key, evidence)] : []),
  ];
  return passedWith(findings, { kind: 'dns', text: `SPF, DMARC and MX of ${domain}` });
}

async function answered(question: Promise<string[]>, ms: number): Promise<Answer> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Answer>((resolve) => {
    timer = setTimeout(resolve, ms, { kind: 'unknown' });
  });
  const answer = question.then(
    (texts): Answer => ({ kind: 'found', texts }),
    ({ code }: NodeJS.ErrnoException): Answer => ({
      kind: code === 'ENOTFOUND' || code === 'ENODATA' ? 'none' : 'unknown',
    }),
  );
  const first = await Promise.race([answer, late]);
  clearTimeout(timer);
  return first;
}

function judgeSpf(
  examination: Examination,
  domain: string,
  answer: Answer,
  evidence: readonly Evidence[],
): Finding[] {
  const preset = presetOfHost(examination.plan.host);
  const spfInclude = preset && SPF_INCLUDES[preset.name.replace(/:.*$/, '')];
  const records =
    answer.kind === 'found' ? answer.texts.filter((t) => /^v=spf1(?: |$)/i.test(t)) : [];
  const [record = ''] = records;
  const shown: Evidence[] = records.map((text) => ({
    kind: 'dns',
    text: examination.log.shown(`${domain} TXT: ${text}`, 200),
  }));
  const found = (code: 'SPF_MISSING' | 'SPF_DUPLICATE' | 'SPF_EXCLUDES_RELAY'): Finding =>
    examination.found(
      code,
      {
        stage: 'delivery',
        confidence: code === 'SPF_EXCLUDES_RELAY' ? 'likely' : 'certain',
        severity: 'warning',
        evidence: [...shown, ...evidence],
      },
      { spfInclude },
    );
  if (records.length === 0) return [found('SPF_MISSING')];
  if (records.length > 1) return [found('SPF_DUPLICATE')];
  // a record that is kept elsewhere (redirect=) or that lets everybody is not judged further
  const isOpen = !spfInclude || /\bredirect=|[+ ]all\b(?<![~?-]all)/i.test(record);
  return isOpen || record.toLowerCase().includes(spfInclude) ? [] : [found('SPF_EXCLUDES_RELAY')];
}

const noMailDomain = (examination: Examination, domain: string): Finding =>
  examination.found('SENDER_DOMAIN_UNKNOWN', {
    stage: 'delivery',
    confidence: 'likely',
    severity: 'warning',
    evidence: [{ kind: 'dns', text: `${domain} has no MX record: answers and bounces get lost` }],
  });

/** Every mail is signed with a key that nobody can look up: worse than no signature. */
const missingKey = (
  examination: Examination,
  key: string,
  evidence: readonly Evidence[],
): Finding =>
  examination.found('DMARC_REJECTED', {
    stage: 'delivery',
    confidence: 'likely',
    severity: 'warning',
    title: `DNS has no key at ${key}, so that the DKIM signature of no mail can be verified`,
    settings: ['SMTP_DKIM_SELECTOR', 'SMTP_DKIM_DOMAIN'],
    evidence: [{ kind: 'dns', text: `there is no key at ${key}` }, ...evidence],
    fix: {
      summary: 'publish the DKIM key',
      steps: [
        `DNS, ${key}, TXT: v=DKIM1; k=rsa; p=… with the public half of SMTP_DKIM_KEY_FILE, which openssl pkey -pubout shows.`,
        'Where it is published under another name: correct SMTP_DKIM_SELECTOR and SMTP_DKIM_DOMAIN.',
      ],
    },
    docs: ['https://www.rfc-editor.org/rfc/rfc6376#section-3.6'],
  });

const policyOf = (answer: Answer): string | undefined =>
  answer.kind === 'found'
    ? answer.texts
        .map((text) => /^v=DMARC1\s*;.*?\bp=(\w+)/i.exec(text)?.[1]?.toLowerCase())
        .find((policy) => policy !== undefined)
    : undefined;
