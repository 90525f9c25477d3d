import type { smtpSchema } from '#mailer-config';
import type { settingsSchema } from '#settings';
import type { Alternative, Applicability, EXIT_CODES, TlsStart } from './report.js';

/** What goes wrong together ends with one exit code. */
export type CauseClass = Exclude<keyof typeof EXIT_CODES, 'doctor'>;

/** The name of a setting there is. */
export type SettingName = keyof typeof smtpSchema.shape | keyof typeof settingsSchema.shape;

export type SettingValues = Readonly<Partial<Record<SettingName, string>>>;

/**
 * What is known where a finding is made; sentences are filled from it. Texts may be shown as they
 * are: no secret, control characters escaped.
 */
export interface Situation {
  readonly host: string;
  readonly port: number;
  readonly mode: TlsStart;
  /** As people call it. */
  readonly provider?: string | undefined;
  /** The IP address that was connected to. */
  readonly address?: string | undefined;
  readonly username?: string | undefined;
  /** Mail address. */
  readonly sender?: string | undefined;
  /** Mail address. */
  readonly recipient?: string | undefined;
  /** What we call ourselves in EHLO. */
  readonly ehloName?: string | undefined;
  /** The setting at fault (or a name that is none), and its value unless it is a secret. */
  readonly setting?: string | undefined;
  readonly value?: string | undefined;
  /** Another door of the same host that answered, and how TLS starts there. */
  readonly openDoor?: { readonly port: number; readonly mode: TlsStart } | undefined;
  /** A name that would be right: the host that was probably meant, or that the server has. */
  readonly name?: string | undefined;
  /** How long it took. */
  readonly seconds?: number | undefined;
  /** Names in the certificate. */
  readonly certificateNames?: readonly string[] | undefined;
  /** Who signed the certificate. */
  readonly issuer?: string | undefined;
  /** ISO 8601 date until which, or from which, the certificate is valid. */
  readonly certificateDate?: string | undefined;
  /** Sign-in methods that the server offers. */
  readonly offered?: readonly string[] | undefined;
  /** What SPF has to include for this provider. */
  readonly spfInclude?: string | undefined;
}

/** What to do about a cause, as far as it follows from what is known. */
export interface Help {
  readonly applicability: Exclude<Applicability, 'verified'>;
  /** In a few words. */
  readonly summary: string;
  readonly set?: SettingValues;
  readonly unset?: readonly SettingName[];
  /** Sentences, in order. */
  readonly steps?: readonly string[];
  readonly alternatives?: readonly Alternative[];
}

type In<T> = T | ((situation: Situation) => T);

/** What one cause's file says about it. */
export interface CauseEntry {
  /** The settings it marks. */
  readonly settings: readonly SettingName[];
  /** One sentence without a full stop, that stands alone. */
  readonly title: In<string>;
  /** What is true, why it is so, and what to do: two to six sentences. */
  readonly explanation: string;
  readonly help: In<Help>;
  /** Official pages. */
  readonly docs?: readonly string[];
  /** Where the table of findings makes it a warning by nature. */
  readonly severity?: 'warning';
  /** Wait, rather than change something. */
  readonly retryable?: true;
}

/** One reason for mail not to go out. */
export interface Cause {
  readonly class: CauseClass;
  readonly severity: 'error' | 'warning';
  readonly settings: readonly SettingName[];
  readonly title: (situation: Situation) => string;
  readonly explanation: string;
  readonly help: (situation: Situation) => Help;
  readonly docs: readonly string[];
  readonly retryable: boolean;
}

/** The causes of one class, by code. */
export function causesOf<Code extends string>(
  ofClass: CauseClass,
  entries: Record<Code, CauseEntry>,
): Record<Code, Cause> {
  const complete = Object.entries<CauseEntry>(entries).map(
    ([code, entry]) =>
      [
        code,
        {
          class: ofClass,
          severity: entry.severity ?? 'error',
          settings: entry.settings,
          title: always(entry.title),
          explanation: entry.explanation,
          help: always(entry.help),
          docs: entry.docs ?? [],
          retryable: entry.retryable ?? false,
        },
      ] as const,
  );
  return Object.fromEntries(complete) as Record<Code, Cause>;
}

function always<T extends string | Help>(value: In<T>): (situation: Situation) => T {
  return typeof value === 'function' ? value : () => value;
}

/** These settings, probably. */
export function write(summary: string, set: SettingValues, ...steps: string[]): Help {
  return { applicability: 'likely', summary, set, steps };
}

/** Something to write that only its owner knows: the steps say what. */
export function correct(summary: string, ...steps: string[]): Help {
  return { applicability: 'likely', summary, steps };
}

/** No setting is wrong, or none is known that would help. */
export function byHand(summary: string, ...steps: string[]): Help {
  return { applicability: 'manual', summary, steps };
}

/** The same, not so sure. */
export function perhaps(help: Help): Help {
  return { ...help, applicability: 'guess' };
}

/** `host:port`. */
export const serverOf = ({ host, port }: Situation): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Whoever runs the server, as people call them. */
export const providerOf = ({ provider, host }: Situation): string => provider ?? host;

/** The settings of a door: STARTTLS, or TLS from the first byte. */
export function doorSettings(port: number, mode: TlsStart): SettingValues {
  const tls = mode === 'implicit';
  return {
    SMTP_PORT: String(port),
    SMTP_TLS: String(tls),
    SMTP_OPPORTUNISTIC_TLS: String(mode === 'starttls'),
  };
}
