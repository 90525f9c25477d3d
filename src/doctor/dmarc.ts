import { type SenderDns, withParents } from './sender-dns.js';

/** How close a domain has to be to the one in From (RFC 7489 section 3.1). */
export type AlignmentMode = 'relaxed' | 'strict';

/** What a domain asks receivers to do with mail that is not proven to be its own. */
export interface DmarcPolicy {
  /** Whose record it is: the domain itself, or one above it. */
  readonly domain: string;
  readonly policy: 'none' | 'quarantine' | 'reject';
  readonly spf: AlignmentMode;
  readonly dkim: AlignmentMode;
}

/**
 * The policy that holds for a domain. Receivers ask the domain and then its organizational domain
 * (RFC 7489 section 6.6.3); that one is found by a list of public suffixes, which changes every
 * week. So each domain above is asked here: those of the list have no such record.
 *
 * @returns undefined where there is none, or DNS does not say
 */
export async function dmarcOf(dns: SenderDns, domain: string): Promise<DmarcPolicy | undefined> {
  const domains = withParents(domain);
  const answers = await Promise.all(domains.map(async (each) => await dns.txt(`_dmarc.${each}`)));
  for (const [at, answer] of answers.entries()) {
    if (answer.kind === 'unknown') return undefined;
    const records =
      answer.kind === 'found'
        ? answer.texts.filter((text) => /^v=DMARC1\s*(?:;|$)/.test(text))
        : [];
    const [record] = records;
    if (record === undefined) continue;
    // more than one: DMARC is not applied
    return records.length > 1 ? undefined : parsed(record, domains[at] ?? domain, at > 0);
  }
  return undefined;
}

function parsed(record: string, domain: string, isAbove: boolean): DmarcPolicy | undefined {
  const tags = new Map(
    record.split(';').map((tag) => {
      const [name = '', value = ''] = tag.split('=').map((part) => part.trim().toLowerCase());
      return [name, value] as const;
    }),
  );
  const policy = (isAbove && tags.get('sp')) || tags.get('p');
  if (policy !== 'none' && policy !== 'quarantine' && policy !== 'reject') return undefined;
  const mode = (tag: string): AlignmentMode => (tags.get(tag) === 's' ? 'strict' : 'relaxed');
  return { domain, policy, spf: mode('aspf'), dkim: mode('adkim') };
}

/**
 * Is a domain that SPF or DKIM vouches for close enough to the one in From?
 *
 * Relaxed means: of the same organizational domain, and without a list of public suffixes that is
 * certain only where one is the other or above it. Two that share `example.com` are probably of one
 * organization, and two that share `co.uk` are not: of both is nothing said.
 */
export function alignment(
  from: string,
  other: string,
  mode: AlignmentMode,
): 'aligned' | 'apart' | 'unknown' {
  const [a, b] = [from.toLowerCase(), other.toLowerCase()];
  if (a === b) return 'aligned';
  if (mode === 'strict') return 'apart';
  if (a.endsWith(`.${b}`) || b.endsWith(`.${a}`)) return 'aligned';
  return withParents(a).at(-1) === withParents(b).at(-1) ? 'unknown' : 'apart';
}
