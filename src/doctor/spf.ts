import type { Answer, SenderDns } from './sender-dns.js';

/** What the SPF record of a domain says of one provider. */
export interface SpfJudgement {
  readonly is:
    | 'fine'
    /** No record: RFC 7208 calls it "none". */
    | 'missing'
    /** More than one: a permanent error (section 3.2). */
    | 'duplicate'
    /** Neither it nor what it includes names the provider. */
    | 'excludes'
    /** DNS did not say. */
    | 'unknown';
  readonly records: readonly string[];
}

/** RFC 7208 section 4.6.4: receivers look up no more. */
const MOST_LOOKUPS = 10;

/**
 * @param provider what the record has to include for mail of the provider; undefined: not known,
 * and any single record is fine
 */
export async function judgeSpf(
  dns: SenderDns,
  domain: string,
  provider: string | undefined,
): Promise<SpfJudgement> {
  const answer = await dns.txt(domain);
  const records = recordsIn(answer);
  const judged = (is: SpfJudgement['is']): SpfJudgement => ({ is, records });
  if (answer.kind === 'unknown') return judged('unknown');
  const [record, ...more] = records;
  if (record === undefined) return judged('missing');
  if (more.length > 0) return judged('duplicate');
  return judged(provider ? await search(dns, record, provider) : 'fine');
}

const recordsIn = (answer: Answer): string[] =>
  answer.kind === 'found' ? answer.texts.filter((text) => /^v=spf1(?: |$)/i.test(text)) : [];

/** Looks for the provider in the record, and in the records that it refers to. */
async function search(
  dns: SenderDns,
  record: string,
  provider: string,
): Promise<'fine' | 'excludes' | 'unknown'> {
  const seen = new Set<string>();
  let open = [record];
  while (open.length > 0) {
    const terms = open.flatMap((each) => each.toLowerCase().split(/ +/));
    // whoever lets everybody send lets the provider
    if (terms.some((term) => term === 'all' || term === '+all')) return 'fine';
    const targets = terms.flatMap(
      (term) => /^\+?(?:include:|redirect=)(\S+)$/.exec(term)?.[1] ?? [],
    );
    if (targets.some((target) => target.includes(provider))) return 'fine';
    // a macro names another domain for every mail
    if (targets.some((target) => target.includes('%'))) return 'unknown';
    const fresh = [...new Set(targets)].filter((target) => !seen.has(target));
    if (seen.size + fresh.length > MOST_LOOKUPS) return 'unknown';
    for (const target of fresh) seen.add(target);
    const answers = await Promise.all(fresh.map(async (target) => await dns.txt(target)));
    if (answers.some(({ kind }) => kind === 'unknown')) return 'unknown';
    open = answers.flatMap(recordsIn);
  }
  return 'excludes';
}
