import type { Socket } from 'node:net';
import { type ResolvedAddress, submissionPorts } from '#egress';
import { presetOfHost, type SmtpSettings } from '#mailer-config';
import type { AccessTokenSource, Capabilities, Reply } from '#smtp';
import type { Situation } from './cause.js';
import type { CauseCode } from './causes.js';
import { findingOf, type Observation } from './finding.js';
import { type Limits, LIMITS } from './limits.js';
import { marks } from './marks.js';
import { type Names, systemNames } from './names.js';
import type { Evidence, Finding, ServerReply, StageResult, TlsStart } from './report.js';
import { SessionLog } from './session-log.js';
import type { Wire } from './wire.js';

/** What a walk may do, and by what means. */
export interface WalkOptions {
  /** Who gets a test mail; without it nothing is sent to anybody. */
  readonly to?: string | undefined;
  /** Milliseconds for the whole walk; 20 s, and 60 s with a message, unless given. */
  readonly timeout?: number | undefined;
  /** Where access tokens come from; unless given they are asked for, and not kept. */
  readonly tokens?: AccessTokenSource | undefined;
  /** Settings that were written down, by name; the others have their default. */
  readonly given?: ReadonlySet<string>;
  /** Ports that are tried where the configured one does not do. */
  readonly doors?: readonly number[];
  readonly names?: Names;
  readonly limits?: Partial<Limits>;
  readonly signal?: AbortSignal | undefined;
}

/** How a stage ended. */
export interface Outcome extends Omit<StageResult, 'id' | 'ms'> {
  readonly findings: readonly Finding[];
}

/** A connection with nothing said on it yet by us. */
export interface Connection {
  readonly socket: Socket;
  readonly wire: Wire;
  /** Milliseconds that connecting took: about one round trip. */
  readonly rtt: number;
}

/** Where programs hand mail in, the usual doors first (RFC 6409, RFC 8314). */
const DOORS = [587, 465, 2525, 25] as const;

const MODES = { 'implicit-tls': 'implicit', starttls: 'starttls', clear: 'none' } as const;

/** How TLS starts with these settings. */
export const modeOf = ({ security }: Pick<SmtpSettings, 'security'>): TlsStart => MODES[security];

/** One walk: its plan, its means, and what has been found out so far. */
export class Examination {
  /** What is said on the connection that counts. */
  readonly log: SessionLog;
  /** What is said on side probes; findings quote what matters of it. */
  readonly aside: SessionLog;
  readonly names: Names;
  readonly limits: Limits;
  readonly given: ReadonlySet<string>;
  readonly #ends: number;
  readonly #sockets = new Set<Socket>();
  readonly #over = new AbortController();
  /** Access tokens that were got: nothing of what is said may repeat them. */
  readonly secrets = new Set<string>();

  /** By `dns`. Empty with a proxy, which looks names up itself. */
  addresses: readonly ResolvedAddress[] = [];
  /** By `dns`: the addresses in DNS that the system does not have; wanted where nobody answers. */
  otherAddresses: Promise<readonly ResolvedAddress[]> = Promise.resolve([]);
  /** By `tcp`. */
  connection: Connection | undefined;
  /** By `tls`: the way to talk from now on, and whether it is private. */
  wire: Wire | undefined;
  encrypted = false;
  /** The certificate was verified, so that credentials may be sent. */
  verified = false;
  /** By `tls`, where the greeting or EHLO came before TLS could: how `ehlo` ended. */
  early: Outcome | undefined;
  greeting: Reply | undefined;
  /** By `tls` or `ehlo`: the answer to EHLO that counts. */
  ehlo: Reply | undefined;
  capabilities: Capabilities | undefined;
  /** By `oauth2`. */
  token: string | undefined;
  signedIn = false;

  constructor(
    readonly plan: SmtpSettings,
    readonly options: WalkOptions,
  ) {
    this.names = options.names ?? systemNames();
    this.limits = { ...LIMITS, ...options.limits };
    this.given = options.given ?? new Set();
    this.log = new SessionLog({ ...plan.auth, tokens: this.secrets });
    this.aside = new SessionLog({ ...plan.auth, tokens: this.secrets });
    const whole = options.to ? this.limits.wholeWithMessage : this.limits.whole;
    this.#ends = performance.now() + (options.timeout ?? whole);
    options.signal?.addEventListener('abort', this.close);
    if (options.signal?.aborted) this.close();
  }

  /** What is known about the server, for the sentences of a finding. */
  get situation(): Situation {
    const { host, port, auth, sender, ehloName } = this.plan;
    return {
      host,
      port,
      mode: modeOf(this.plan),
      provider: presetOfHost(host)?.provider,
      address: this.connection?.socket.remoteAddress ?? this.addresses[0]?.address,
      username: auth.username,
      sender: sender.address,
      recipient: this.options.to,
      ehloName,
      offered: this.capabilities?.authMethods,
    };
  }

  /** Other ports of the same host that may be tried for this plan. */
  get doors(): readonly number[] {
    const { port, host, reach } = this.plan;
    const preset = presetOfHost(host);
    const doors = this.options.doors ?? [...new Set([preset?.port ?? 587, ...DOORS])];
    return doors.filter((d) => d !== port && (reach === 'any' || submissionPorts.includes(d)));
  }

  /** Milliseconds for a step that may take so many, as far as the whole walk has them left. */
  within(ms: number): number {
    return Math.max(1, Math.min(ms, this.#ends - performance.now()));
  }

  /** Fires when the walk has ended, or is not wanted any more. */
  get over(): AbortSignal {
    return this.#over.signal;
  }

  /** Whatever is still open at the end of the walk is closed with it. */
  track<S extends Socket>(socket: S): S {
    this.#sockets.add(socket);
    socket.on('error', () => {}).once('close', () => this.#sockets.delete(socket));
    if (this.over.aborted) socket.destroy();
    return socket;
  }

  readonly close = (): void => {
    this.#over.abort();
    this.options.signal?.removeEventListener('abort', this.close);
    for (const socket of this.#sockets) socket.destroy();
  };

  /** A finding, with what is known so far. */
  found(code: CauseCode, seen: Observation, more: Partial<Situation> = {}): Finding {
    return findingOf(code, { ...this.situation, ...more }, { marks: marks[code] ?? {}, ...seen });
  }

  /** A reply as a report shows it. */
  serverReply({ code, enhancedCode, lines }: Reply): ServerReply {
    return {
      code,
      enhancedCode: enhancedCode ?? null,
      lines: lines.slice(0, 10).map((line) => this.log.shown(line)),
    };
  }

  /** Octets as a report quotes them. */
  quote(octets: Buffer | string): string {
    const text = typeof octets === 'string' ? octets : octets.toString('latin1');
    return `"${this.log.shown(text.replace(/[\r\n]+$/, ''), 120)}"`;
  }
}

export const passed = (...evidence: Evidence[]): Outcome => ({
  status: 'passed',
  evidence,
  findings: [],
});

export const skipped = (reason: string): Outcome => ({
  status: 'skipped',
  evidence: [],
  reason,
  findings: [],
});

/** Failed, for the first of these; `line` is what people read beside FAIL. */
export function failed(line: string, ...findings: Finding[]): Outcome {
  return { status: 'failed', evidence: [{ kind: 'probe', text: line }], findings };
}

/** Passed with something to say, or simply passed. */
export function passedWith(findings: readonly Finding[], ...evidence: Evidence[]): Outcome {
  return { status: findings.length > 0 ? 'warning' : 'passed', evidence, findings };
}
