import type { Names } from './names.js';

/** What DNS said to one question. */
export type Answer =
  | { readonly kind: 'found'; readonly texts: readonly string[] }
  /** The name, or a record of this kind, does not exist. */
  | { readonly kind: 'none' }
  /** No answer, or none that says anything. */
  | { readonly kind: 'unknown' };

/** Parents of a domain that are asked as well; the deepest names in use have fewer. */
const MOST_DOMAINS = 5;

/** Looks up what receivers look up about a sender. All questions end by the same time. */
export class SenderDns {
  readonly #ends: number;

  /** @param ms for everything that is asked */
  constructor(
    private readonly records: Names['records'],
    ms: number,
  ) {
    this.#ends = performance.now() + ms;
  }

  /** The texts of the TXT records, each whole. */
  async txt(name: string): Promise<Answer> {
    const all = this.records.resolveTxt(name);
    return await this.#answered(all.then((texts) => texts.map((parts) => parts.join(''))));
  }

  /** The names of the MX records; an empty one is the null MX of RFC 7505. */
  async mx(name: string): Promise<Answer> {
    const all = this.records.resolveMx(name);
    return await this.#answered(all.then((each) => each.map(({ exchange }) => exchange)));
  }

  /** IP addresses. */
  async addresses(name: string): Promise<Answer> {
    const families = await Promise.all([
      this.#answered(this.records.resolve4(name)),
      this.#answered(this.records.resolve6(name)),
    ]);
    return (
      families.find(({ kind }) => kind === 'found') ??
      families.find(({ kind }) => kind === 'unknown') ?? { kind: 'none' }
    );
  }

  async #answered(question: Promise<string[]>): Promise<Answer> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Answer>((resolve) => {
      const left = Math.max(1, this.#ends - performance.now());
      timer = setTimeout(resolve, left, { kind: 'unknown' });
    });
    const answer = question.then(
      (texts): Answer => (texts.length > 0 ? { kind: 'found', texts } : { kind: 'none' }),
      ({ code }: NodeJS.ErrnoException): Answer => ({
        kind: code === 'ENOTFOUND' || code === 'ENODATA' ? 'none' : 'unknown',
      }),
    );
    const first = await Promise.race([answer, late]);
    clearTimeout(timer);
    return first;
  }
}

/** The domain in small letters, and those above it but for the top: `a.b.c`, `b.c`. */
export function withParents(domain: string): string[] {
  const labels = domain.toLowerCase().split('.');
  const domains = labels.slice(0, -1).map((_, at) => labels.slice(at).join('.'));
  return (domains.length > 0 ? domains : labels).slice(0, MOST_DOMAINS);
}

/** The part behind the @, in small letters. */
export const domainOfAddress = (address: string): string =>
  address.slice(address.lastIndexOf('@') + 1).toLowerCase();
