import { isIP } from 'node:net';
import { HostRefused, type ResolvedAddress } from '#egress';
import { providerPresets } from '#mailer-config';
import { nearest } from '#settings';
import type { CauseCode } from './causes.js';
import {
  type Examination,
  failed,
  type Outcome,
  passed,
  passedWith,
  skipped,
} from './examination.js';
import type { Evidence } from './report.js';
import { tryOut } from './trial.js';

/** Each new connection waits for the name, so that a second is worth a warning. */
const SLOW_MS = 1_000;
/** Letters by which a name may differ from a provider's to be a slip of the pen. */
const SLIP = 3;

/**
 * The addresses of the host, as the transport gets them, beside what DNS itself has: the two
 * differ by /etc/hosts and search domains, and only DNS tells a name that does not exist
 * (NXDOMAIN) from one without an address (RFC 2308).
 *
 * @throws HostRefused where the plan must not lead there
 */
export async function checkDns(examination: Examination): Promise<Outcome> {
  const { plan, names } = examination;
  const { host, reach, proxy } = plan;
  if (proxy && reach === 'any') return skipped('the proxy looks names up');
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  const isAddress = isIP(bare) !== 0;
  const began = performance.now();
  const records = isAddress ? undefined : recordsOf(examination, bare);
  const ms = examination.within(examination.limits.dns);
  const looked = await settled(names.resolve(host, reach), ms);
  const took = Math.round(performance.now() - began);
  if (looked.kind === 'failed' && looked.error instanceof HostRefused) throw looked.error;
  if (looked.kind !== 'done') return await explain(examination, await records, looked);

  examination.addresses = looked.value;
  const shown = looked.value.map(({ address }) => address).join(', ');
  if (isAddress) return passed({ kind: 'dns', text: `${shown} is an address` });
  if (records)
    examination.otherAddresses = records.then(({ addresses }) =>
      addresses.filter(({ address }) => !looked.value.some((each) => each.address === address)),
    );
  const evidence: Evidence = { kind: 'dns', text: `${host} -> ${shown}`, ms: took };
  if (took < SLOW_MS) return passed(evidence);
  const slow = examination.found(
    'DNS_SLOW',
    { stage: 'dns', confidence: 'certain', evidence: [evidence] },
    { seconds: took / 1000 },
  );
  return passedWith([slow], evidence);
}

type Looked<T> =
  | { readonly kind: 'done'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: NodeJS.ErrnoException }
  | { readonly kind: 'late' };

async function settled<T>(work: Promise<T>, ms: number): Promise<Looked<T>> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Looked<T>>((resolve) => {
    timer = setTimeout(resolve, ms, { kind: 'late' });
  });
  const done = work.then(
    (value): Looked<T> => ({ kind: 'done', value }),
    (error: NodeJS.ErrnoException): Looked<T> => ({ kind: 'failed', error }),
  );
  const first = await Promise.race([done, late]);
  clearTimeout(timer);
  return first;
}

interface Records {
  readonly addresses: readonly ResolvedAddress[];
  /** Codes of the questions that failed, A first. */
  readonly codes: readonly string[];
}

async function recordsOf({ names, limits }: Examination, host: string): Promise<Records> {
  const ask = async (family: 4 | 6): Promise<Looked<readonly ResolvedAddress[]>> => {
    const question = family === 4 ? names.records.resolve4(host) : names.records.resolve6(host);
    const found = question.then((all) => all.map((address) => ({ address, family })));
    return await settled(found, limits.dns);
  };
  const answers = await Promise.all([ask(4), ask(6)]);
  return {
    addresses: answers.flatMap((answer) => (answer.kind === 'done' ? answer.value : [])),
    codes: answers.flatMap((answer) =>
      answer.kind === 'late'
        ? ['ETIMEOUT']
        : answer.kind === 'failed'
          ? [answer.error.code ?? '']
          : [],
    ),
  };
}

/** Why there is no address: what DNS says counts more than the system's word for it. */
async function explain(
  examination: Examination,
  records: Records | undefined,
  looked: Exclude<Looked<unknown>, { kind: 'done' }>,
): Promise<Outcome> {
  const codes = records?.codes ?? [];
  const systemCode = looked.kind === 'failed' ? (looked.error.code ?? '') : 'ETIMEOUT';
  const code = causeOf([...codes, systemCode]);
  const { host } = examination.plan;
  const seen: Evidence = {
    kind: 'dns',
    text: `A: ${codes[0] ?? systemCode}, AAAA: ${codes[1] ?? codes[0] ?? systemCode}`,
  };
  const meant = await meantBy(examination, code);
  const finding = examination.found(
    code,
    {
      stage: 'dns',
      confidence: 'certain',
      evidence: meant ? [seen, { kind: 'probe', text: `${meant.name}: ${meant.text}` }] : [seen],
      node: { code: 'EDNS', originalCode: systemCode },
      ...(meant && {
        fix: { applicability: 'verified', set: { SMTP_HOST: meant.name }, steps: [] },
      }),
    },
    { name: meant?.name ?? (code === 'DNS_NXDOMAIN' ? nearestPreset(host) : undefined) },
  );
  return failed(`${host}: ${systemCode}`, finding);
}

function causeOf(codes: readonly string[]): CauseCode {
  const any = (...wanted: string[]): boolean => codes.some((code) => wanted.includes(code));
  if (any('ENODATA')) return 'DNS_NO_ADDRESS';
  if (any('ESERVFAIL', 'EREFUSED', 'EFORMERR', 'ENOTIMP', 'EBADRESP')) return 'DNS_SERVFAIL';
  if (any('ETIMEOUT', 'ECONNREFUSED', 'EAI_AGAIN')) return 'DNS_TIMEOUT';
  return 'DNS_NXDOMAIN';
}

const nearestPreset = (host: string): string | undefined =>
  nearest(
    host,
    providerPresets.map((preset) => preset.host),
    SLIP,
  );

/** The name that was probably meant, where a server answers at it just as configured. */
async function meantBy(
  examination: Examination,
  code: CauseCode,
): Promise<{ name: string; text: string } | undefined> {
  const { host } = examination.plan;
  const candidates =
    code === 'DNS_NO_ADDRESS'
      ? [`smtp.${host}`, `mail.${host}`]
      : code === 'DNS_NXDOMAIN'
        ? [nearestPreset(host)]
        : [];
  for (const name of candidates) {
    const trial = name && (await tryOut(examination, { ...examination.plan, host: name }));
    if (trial) return { name, text: trial.text };
  }
  return undefined;
}
