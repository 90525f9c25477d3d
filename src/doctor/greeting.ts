import type { Reply } from '#smtp';
import { NOT_SMTP, speakerOf } from './banner.js';
import { elsewhere } from './elsewhere.js';
import { type Examination, failed, type Outcome } from './examination.js';
import { patienceOf } from './mode-probe.js';
import { diagnose } from './replied.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import type { Evidence, Finding, StageId } from './report.js';
import { findDoor } from './trial.js';
import type { Wire } from './wire.js';

/** The 220, and what is to be said about it; or why there is none. */
export type Greeted =
  | { readonly kind: 'greeted'; readonly reply: Reply; readonly findings: readonly Finding[] }
  | { readonly kind: 'not'; readonly outcome: Outcome };

/** Milliseconds for the rest of a greeting that has begun. */
const REST = 2_000;
/** Milliseconds; a greeting that takes longer is worth a warning. */
const SLOW = 3_000;

/** Waits for the greeting of a server (RFC 5321 section 4.3.1), and tells who greets instead. */
export async function hearGreeting(
  examination: Examination,
  wire: Wire,
  stage: StageId,
): Promise<Greeted> {
  const not = (outcome: Outcome): Greeted => ({ kind: 'not', outcome });
  if (!(await wire.stirs(examination.within(patienceOf(examination)))))
    return not(await silent(examination, wire, stage));
  if (wire.firstAt === undefined) return not(await closed(examination, wire, stage));
  const speaker = speakerOf(wire.first);
  const quoted = examination.quote(firstLine(wire));
  const seen: Evidence = { kind: 'banner', text: quoted, ms: wire.firstAt };
  if (speaker in NOT_SMTP)
    return not(
      await elsewhere(examination, NOT_SMTP[speaker as keyof typeof NOT_SMTP], stage, seen),
    );
  if (speaker !== 'smtp' && wire.first.includes(10))
    return not(await elsewhere(examination, 'NOT_TLS', stage, seen));
  const heard = await wire.next(examination.within(Math.min(REST, examination.limits.ehlo)));
  if (heard.kind !== 'reply')
    return not(await elsewhere(examination, 'GREETING_UNTERMINATED', 'ehlo', seen));
  if (heard.reply.code !== 220) return not(await refused(examination, heard.reply, seen));
  return { kind: 'greeted', reply: heard.reply, findings: slowness(examination, wire, seen) };
}

/** The first line of what came, for people. */
export const firstLine = ({ first }: Wire): string =>
  first.toString('latin1').split(/\r?\n/, 1)[0] ?? '';

async function silent(examination: Examination, wire: Wire, stage: StageId): Promise<Outcome> {
  // behind TLS a web server waits for its request; any line at all makes it speak
  if (examination.encrypted) {
    const heard = await wire.ask(`EHLO ${examination.plan.ehloName}`, examination.within(REST));
    const service = wire.first.length > 0 ? speakerOf(wire.first) : 'nothing';
    const seen: Evidence = { kind: 'banner', text: examination.quote(firstLine(wire)) };
    if (service in NOT_SMTP)
      return await elsewhere(examination, NOT_SMTP[service as keyof typeof NOT_SMTP], stage, seen);
    if (heard.kind === 'reply') return await greetingLate(examination, wire);
  }
  const text = `nothing was said within ${(wire.age / 1000).toFixed(1)} s`;
  return await elsewhere(examination, 'SILENT_SERVER', stage, { kind: 'probe', text });
}

async function greetingLate(examination: Examination, wire: Wire): Promise<Outcome> {
  const [finding] = slowness(examination, wire, { kind: 'probe', text: 'the greeting is late' });
  return finding
    ? failed('the greeting comes too late', finding)
    : await elsewhere(examination, 'SILENT_SERVER', 'ehlo', { kind: 'probe', text: 'no greeting' });
}

async function closed(examination: Examination, wire: Wire, stage: StageId): Promise<Outcome> {
  const heard = await wire.next(1);
  const error = heard.kind === 'closed' ? heard.error : undefined;
  const isReset = error?.code === 'ECONNRESET';
  const text = `${isReset ? 'reset' : 'closed'} ${heard.ms} ms after connecting, without a word`;
  const code = isReset ? 'CONNECTION_RESET' : 'CLOSED_BEFORE_GREETING';
  return await elsewhere(examination, code, stage, { kind: 'probe', text });
}

/** The greeting is a refusal. */
async function refused(examination: Examination, reply: Reply, seen: Evidence): Promise<Outcome> {
  const known = diagnose(examination, 'greeting', reply);
  const code = known?.code ?? (reply.code < 500 ? 'SERVER_TEMPORARY' : 'GREETING_REJECTED');
  const door = code === 'GREETING_REJECTED' ? await findDoor(examination) : undefined;
  const finding = examination.found(
    code,
    {
      stage: 'ehlo',
      confidence: known?.confidence ?? 'likely',
      evidence: [seen, ...trialEvidence(door)],
      server: examination.serverReply(reply),
      fix: provenFix(examination, door),
    },
    doorOf(door),
  );
  return failed(seen.text, finding);
}

function slowness(examination: Examination, wire: Wire, seen: Evidence): Finding[] {
  const took = wire.firstAt ?? wire.age;
  const { greeting } = examination.plan.timeouts;
  if (took < Math.min(SLOW, greeting)) return [];
  const isTooLate = took > greeting;
  const finding = examination.found(
    'GREETING_SLOW',
    {
      stage: 'ehlo',
      confidence: 'certain',
      severity: isTooLate ? 'error' : 'warning',
      evidence: [seen],
    },
    { seconds: took / 1000 },
  );
  return [finding];
}
