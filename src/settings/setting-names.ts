import type { Environment } from './environment.js';
import type { Findings } from './findings.js';
import { soundsSecret } from './masked-value.js';
import type { SettingDescription } from './setting.js';
import { nearest } from './spelling.js';

/** A Kubernetes service or a Docker link named `smtp` puts these into every container. */
const serviceLink =
  /^SMTP_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP)(_(ADDR|PORT|PROTO))?|NAME|ENV_\w+)$/;

/** Knows every setting by name, and what somebody who wrote another name may have meant. */
export class SettingNames {
  readonly #suggestions = new Map<string, string | undefined>();

  constructor(
    readonly descriptions: ReadonlyMap<string, SettingDescription>,
    /** Names that other programs use for our settings. */
    private readonly aliases: Readonly<Record<string, string>>,
  ) {}

  isKnown(name: string): boolean {
    return (
      this.descriptions.has(name) ||
      (name.endsWith('_FILE') && this.descriptions.has(name.slice(0, -'_FILE'.length)))
    );
  }

  /** A name nobody knows may hold anything, so its value is masked as well. */
  isSecret(name: string, text: string): boolean {
    const isDescribedSo = (description: SettingDescription | undefined): boolean =>
      description?.secret === true || description?.holdsSecret?.(text) === true;
    const description = this.descriptions.get(name);
    if (description) return isDescribedSo(description);
    if (this.isKnown(name)) return false;
    const meant = this.suggestion(name);
    return !meant || soundsSecret(name) || isDescribedSo(this.descriptions.get(meant));
  }

  /** The setting that was probably meant by a name that is none. */
  suggestion(name: string): string | undefined {
    if (!this.#suggestions.has(name)) this.#suggestions.set(name, this.#findSuggestion(name));
    return this.#suggestions.get(name);
  }

  /**
   * Unknown `SMTP_*` names are faults: nothing else may own them, and a setting that is not
   * read is a mail that does not arrive. Any other near miss may belong to another program, and
   * is a warning where the setting it resembles is not given.
   */
  judge(environment: Environment, findings: Findings): void {
    for (const name of environment.keys()) {
      if (this.isKnown(name)) continue;
      const meant = this.suggestion(name);
      if (name.startsWith('SMTP_')) refuseUnknown(name, meant, findings);
      else if (meant && !environment.has(meant))
        findings.warn(
          'SETTING_UNKNOWN',
          name,
          'No setting has this name, and it was not read.',
          `Write ${meant} if that is what you mean.`,
        );
    }
  }

  #findSuggestion(name: string): string | undefined {
    const upper = name.toUpperCase();
    if (this.aliases[upper]) return this.aliases[upper];
    if (this.isKnown(upper)) return upper;
    const base = upper.endsWith('_FILE') ? upper.slice(0, -'_FILE'.length) : upper;
    if (base !== upper && (this.aliases[base] ?? this.descriptions.get(base)))
      return `${this.aliases[base] ?? base}_FILE`;
    const near = this.#nearest(upper);
    if (near ?? base === upper) return near;
    const nearBase = this.#nearest(base);
    return nearBase && `${nearBase}_FILE`;
  }

  #nearest(name: string): string | undefined {
    const candidates = [...this.descriptions.keys()];
    const smtp = candidates.filter((candidate) => candidate.startsWith('SMTP_'));
    if (name.startsWith('SMTP_')) return nearest(name, smtp, allowedDistance(name));
    const others = candidates.filter((candidate) => !candidate.startsWith('SMTP_'));
    // HTTP_PROXY is two steps from SMTP_PROXY, STMP_PROXY is one.
    return nearest(name, others, allowedDistance(name)) ?? nearest(name, smtp, 1);
  }
}

// Short names are near to too many others, which belong to other programs.
function allowedDistance(name: string): number {
  if (name.startsWith('SMTP_')) return Math.min(3, Math.ceil((name.length - 5) / 3));
  if (name.length < 7) return 0;
  return name.length < 10 ? 1 : 2;
}

function refuseUnknown(name: string, meant: string | undefined, findings: Findings): void {
  if (serviceLink.test(name))
    findings.refuse(
      'SETTING_UNKNOWN',
      name,
      'No setting has this name; Kubernetes and Docker links set it for a service named “smtp”.',
      'Write enableServiceLinks: false in the pod, or give that service another name.',
    );
  else
    findings.refuse(
      'SETTING_UNKNOWN',
      name,
      'No setting has this name.',
      meant
        ? `Did you mean ${meant}? Write that name instead.`
        : `Remove ${name}; .env.example lists every SMTP_* name there is.`,
    );
}
