import type { SmtpSettings } from '#mailer-config';
import { checkDelivery } from './delivery.check.js';
import { checkDns } from './dns.check.js';
import { checkEhlo } from './ehlo.check.js';
import { checkEnvelope } from './envelope.check.js';
import { Examination, modeOf, type Outcome, skipped, type WalkOptions } from './examination.js';
import { exitCodeOf } from './exit-code.js';
import { findingOf } from './finding.js';
import { checkMessage } from './message.check.js';
import { checkOAuth2 } from './oauth2.check.js';
import {
  type DoctorEvent,
  type Finding,
  notReached,
  type Report,
  type ReportedSetting,
  type StageId,
  type StageResult,
  type Target,
} from './report.js';
import { checkSignIn } from './sign-in.check.js';
import { checkTcp } from './tcp.check.js';
import { checkTls } from './tls.check.js';

/** What the offline stage says of the settings. */
export interface JudgedSettings {
  /** Undefined: there is nothing to connect to, and `findings` says why. */
  readonly plan: SmtpSettings | undefined;
  readonly findings: readonly Finding[];
  /** As they were given, for the report. */
  readonly settings: readonly ReportedSetting[];
  /** Milliseconds. */
  readonly ms: number;
}

type Check = (examination: Examination) => Promise<Outcome>;

/** What only a custom speaks against: the walk finds out whether this server keeps to it. */
export const CUSTOMS: readonly string[] = [
  'TLS_MODE_IMPLICIT_ON_PLAIN',
  'TLS_MODE_PLAIN_ON_IMPLICIT',
];

/** Where the connection has done its part: what DNS says of the sender is still worth knowing. */
const ABOUT_MAIL: readonly StageId[] = ['envelope', 'message'];

/** The stages behind the first, in order; a failure ends the walk. */
const CHECKS: readonly (readonly [StageId, Check])[] = [
  ['dns', checkDns],
  ['tcp', checkTcp],
  ['tls', checkTls],
  ['ehlo', checkEhlo],
  ['oauth2', checkOAuth2],
  ['auth', checkSignIn],
  ['envelope', checkEnvelope],
  ['message', checkMessage],
  ['delivery', checkDelivery],
];

/**
 * Examines an account step by step, with the very plan that mail is sent by. Everybody who wants
 * to know (people, programs, a log) reads these events; the report is the last of them.
 *
 * Ends by itself: 20 s at the latest, 60 with a message, whatever servers do. Credentials go only
 * where the plan says, once, and only over a verified certificate where there is TLS.
 *
 * @throws HostRefused where the plan must not lead there; nothing was sent to it
 */
export async function* walk(
  { plan, findings: seen, settings, ms }: JudgedSettings,
  options: WalkOptions & { readonly strict?: boolean } = {},
): AsyncGenerator<DoctorEvent, void, void> {
  const startedAt = new Date();
  const isUnexplained = !plan && seen.every(({ severity }) => severity !== 'error');
  const judged = isUnexplained ? [...seen, NO_SERVER] : seen;
  const began = performance.now() - ms;
  const stages: StageResult[] = [];
  const findings: Finding[] = [];
  const given = new Set(settings.map(({ name }) => name));
  const examination = plan && new Examination(plan, { given, ...options });

  function* ended(id: StageId, outcome: Outcome, took: number): Generator<DoctorEvent> {
    const { findings: found, ...rest } = outcome;
    for (const finding of found) {
      findings.push(finding);
      yield { kind: 'finding', finding };
    }
    const result = { id, ms: Math.round(took), ...rest };
    stages.push(result);
    yield { kind: 'stage-ended', result };
  }

  try {
    yield { kind: 'stage-started', stage: 'settings' };
    yield* ended('settings', settingsOutcome(settings, judged.filter(isCertain)), ms);
    let stop: StageId | undefined = stages[0]?.status === 'failed' ? 'settings' : undefined;
    let tls: Outcome | undefined;
    for (const [id, check] of CHECKS) {
      const goesOn = !stop || (id === 'delivery' && ABOUT_MAIL.includes(stop));
      if (!goesOn || !examination) {
        yield* ended(id, skipped(notReached(stop ?? 'settings')), 0);
        continue;
      }
      yield { kind: 'stage-started', stage: id };
      const from = performance.now();
      const outcome = await check(examination);
      yield* ended(id, outcome, performance.now() - from);
      if (outcome.status === 'failed') stop ??= id;
      if (id === 'tls') tls = outcome;
    }
    for (const finding of customsOf(judged, tls)) {
      findings.push(finding);
      yield { kind: 'finding', finding };
    }
  } finally {
    examination?.close();
  }
  const exitCode = exitCodeOf(findings, { strict: options.strict ?? false });
  const report: Report = {
    schema: 'smtp-doctor/1',
    ok: !findings.some(({ severity }) => severity === 'error'),
    exitCode,
    startedAt: startedAt.toISOString(),
    durationMs: Math.round(performance.now() - began),
    target: examination ? targetOf(examination) : null,
    settings,
    stages,
    findings: inOrder(findings),
    transcript: examination?.log.lines ?? [],
  };
  yield { kind: 'finished', report };
}

/** The whole walk, for who only wants its end. */
export async function examine(
  judged: JudgedSettings,
  options: WalkOptions & { readonly strict?: boolean } = {},
): Promise<Report> {
  for await (const event of walk(judged, options))
    if (event.kind === 'finished') return event.report;
  throw new Error('the walk has no end');
}

/** The first error is the primary finding; what goes together stays in the order it was met. */
const inOrder = (findings: readonly Finding[]): readonly Finding[] => [
  ...findings.filter(({ severity }) => severity === 'error'),
  ...findings.filter(({ severity }) => severity === 'warning'),
];

/** Without a server every mail goes to the built-in inbox, and there is nothing to examine. */
const NO_SERVER = findingOf(
  'HOST_MISSING',
  { host: 'the mail server', port: 587, mode: 'starttls' },
  {
    stage: 'settings',
    confidence: 'certain',
    evidence: [{ kind: 'note', text: 'without it every mail goes to the built-in inbox (/inbox)' }],
  },
);

/** Is it to be said at once, whatever the walk finds? */
const isCertain = ({ code, severity }: Finding): boolean =>
  severity === 'error' || !CUSTOMS.includes(code);

/**
 * What is left of the port's custom once TLS was tried. A server that really differs from it can
 * be used, and has to be allowed by name.
 */
function customsOf(judged: readonly Finding[], tls: Outcome | undefined): Finding[] {
  const proven = tls?.findings.map(({ code }) => code) ?? [];
  const open = judged.filter((finding) => !isCertain(finding) && !proven.includes(finding.code));
  if (!tls || tls.status === 'failed' || tls.status === 'skipped') return open;
  return open.map((finding) => ({
    ...finding,
    severity: 'error',
    confidence: 'certain',
    fix: {
      ...finding.fix,
      applicability: 'verified',
      summary: 'allow it: this server does differ from the custom of its port',
      set: { SMTP_TLS_ANY_PORT: 'true' },
      steps: [],
      alternatives: [],
    },
  }));
}

function settingsOutcome(
  settings: readonly ReportedSetting[],
  findings: readonly Finding[],
): Outcome {
  const errors = findings.filter(({ severity }) => severity === 'error').length;
  const counted = (count: number, what: string): string =>
    `${count} ${what}${count === 1 ? '' : 's'}`;
  const remarks = findings.length - errors;
  const text = [
    `${counted(settings.length, 'value')} read`,
    ...(errors > 0 ? [counted(errors, 'fault')] : []),
    ...(remarks > 0 ? [counted(remarks, 'remark')] : []),
  ].join(', ');
  const status = errors > 0 ? 'failed' : remarks > 0 ? 'warning' : 'passed';
  return { status, evidence: [{ kind: 'setting', text }], findings };
}

function targetOf({ plan, options, situation }: Examination): Target {
  const { auth } = plan;
  const byToken = auth.oauth2 !== undefined;
  const signsIn = auth.method !== 'none' && auth.username !== undefined;
  return {
    host: plan.host,
    port: plan.port,
    mode: modeOf(plan),
    provider: situation.provider ?? null,
    address: situation.address ?? null,
    auth: byToken ? 'oauth2' : signsIn ? 'password' : 'none',
    recipient: options.to ?? null,
  };
}
