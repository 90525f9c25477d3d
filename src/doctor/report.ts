/** Exit codes of every command, by what is wrong. Closed list; the contract's. */
export const EXIT_CODES = {
  /** Can send. */
  ok: 0,
  /** Wrong usage, or the doctor itself failed. */
  doctor: 1,
  /** Settings are wrong; no packet was needed to see it. */
  config: 2,
  /** DNS, TCP, proxy, silence. */
  network: 3,
  /** Mode, STARTTLS, certificate, cipher. */
  tls: 4,
  /** Not SMTP, or not in order: greeting, EHLO. */
  protocol: 5,
  /** Sign-in and OAuth2. */
  auth: 6,
  /** Sender, recipient, permission. */
  sender: 7,
  /** Limits and temporary faults: wait. */
  limits: 8,
  /** Refused for what it looks like; warnings under `--strict`. */
  delivery: 9,
} as const;
export type ExitCode = (typeof EXIT_CODES)[keyof typeof EXIT_CODES];

/** Where the doctor stands, in the order of its walk. Closed list. */
export const STAGE_IDS = [
  'settings',
  'dns',
  'tcp',
  'tls',
  'ehlo',
  'oauth2',
  'auth',
  'envelope',
  'message',
  'delivery',
] as const;
export type StageId = (typeof STAGE_IDS)[number];

/** How TLS starts: with the first byte (RFC 8314), by STARTTLS (RFC 3207), or not at all. */
export type TlsStart = 'implicit' | 'starttls' | 'none';

/** Something the doctor saw for itself. Never holds a secret. */
export interface Evidence {
  /**
   * `banner`: what the server said first. `reply`: what it said to a command. `probe`: what a
   * trial connection showed. `certificate`, `dns`, `token`, `setting`: where it was read.
   * `note`: what is worth knowing about it, and no observation.
   */
  readonly kind:
    'banner' | 'reply' | 'probe' | 'certificate' | 'dns' | 'token' | 'setting' | 'note';
  /** One line, control characters escaped. */
  readonly text: string;
  /** Milliseconds since the connection was made, or that it took. */
  readonly ms?: number;
}

/** One stage's end. */
export interface StageResult {
  readonly id: StageId;
  readonly status: 'passed' | 'failed' | 'warning' | 'skipped';
  /** Milliseconds. */
  readonly ms: number;
  /** What people read in its line. */
  readonly evidence: readonly Evidence[];
  /** Why it was skipped; {@link notReached} after a failure. */
  readonly reason?: string;
}

/** The reason of every stage behind a failed one. */
export const notReached = (failed: StageId): string => `${failed} failed`;

/**
 * How far a fix can be trusted. `verified`: the doctor got to EHLO, and through a verified
 * handshake where TLS is used, with exactly this. `manual`: no setting would help.
 */
export type Applicability = 'verified' | 'likely' | 'guess' | 'manual';

/** Another way to the same end. */
export interface Alternative {
  readonly applicability: Applicability;
  /** A clause that follows "or". */
  readonly summary?: string;
  /** By name of the setting. */
  readonly set: Readonly<Record<string, string>>;
}

export interface Fix {
  readonly applicability: Applicability;
  /** What to do, in a few words or a sentence. */
  readonly summary: string;
  /** By name of the setting. */
  readonly set: Readonly<Record<string, string>>;
  readonly unset: readonly string[];
  /** What to do by hand, in order. */
  readonly steps: readonly string[];
  readonly alternatives: readonly Alternative[];
}

/** A reply of the server; lines without their code, credentials masked, controls escaped. */
export interface ServerReply {
  readonly code: number;
  /** RFC 3463. */
  readonly enhancedCode: string | null;
  readonly lines: readonly string[];
}

/** What Node and nodemailer call it, for whoever searches for those words. */
export interface NodeError {
  readonly code: string | null;
  readonly originalCode: string | null;
  readonly message?: string;
}

/** One thing that is wrong, or worth a warning. The first error of a report is the primary one. */
export interface Finding {
  /** Stable; documented by `doctor explain`. */
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly stage: StageId;
  /** `certain`: proven by what the server showed. */
  readonly confidence: 'certain' | 'likely' | 'guess';
  /** Stands alone; may change from version to version. */
  readonly title: string;
  /** The settings that a form marks red. */
  readonly settings: readonly string[];
  /** What is wrong about a setting's value, by name: the words beside the marker. */
  readonly marks: Readonly<Record<string, string>>;
  readonly evidence: readonly Evidence[];
  readonly server: ServerReply | null;
  readonly node: NodeError | null;
  /** Wait, rather than change something. */
  readonly retryable: boolean;
  readonly fix: Fix;
  readonly docs: readonly string[];
}

/** A setting as it was given. A secret has its length and remarks, and no value. */
export interface ReportedSetting {
  readonly name: string;
  readonly value?: string;
  /** How it was read, where that is not its text. */
  readonly readAs?: string | number | boolean;
  /** `.env:14`, or the file that holds it; null: the environment. */
  readonly source: string | null;
  readonly secret?: true;
  /** Characters (code points). */
  readonly length?: number;
  readonly remarks?: readonly string[];
}

/** What was examined. */
export interface Target {
  readonly host: string;
  readonly port: number;
  readonly mode: TlsStart;
  /** As people call it. */
  readonly provider: string | null;
  /** The IP address that was connected to. */
  readonly address: string | null;
  readonly auth: 'none' | 'password' | 'oauth2';
  /** Who got the test mail; null: none was asked for. */
  readonly recipient: string | null;
}

/** One line of the session, secrets masked; `t` milliseconds since the start. */
export interface TranscriptLine {
  readonly t: number;
  readonly dir: 'C' | 'S';
  readonly line: string;
}

/** The machine form: `doctor --json` and the answer of `POST /admin/doctor`. */
export interface Report {
  readonly schema: 'smtp-doctor/1';
  readonly ok: boolean;
  readonly exitCode: ExitCode;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly durationMs: number;
  /** Null: no server is named. */
  readonly target: Target | null;
  readonly settings: readonly ReportedSetting[];
  readonly stages: readonly StageResult[];
  readonly findings: readonly Finding[];
  readonly transcript: readonly TranscriptLine[];
}

/** What the walk yields, in order; the report is the last. */
export type DoctorEvent =
  | { readonly kind: 'stage-started'; readonly stage: StageId }
  | { readonly kind: 'finding'; readonly finding: Finding }
  | { readonly kind: 'stage-ended'; readonly result: StageResult }
  | { readonly kind: 'finished'; readonly report: Report };
