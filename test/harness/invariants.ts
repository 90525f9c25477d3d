import type { Arrival, Evidence, MailRow } from './evidence.js';
import type { Promised } from './ledger.js';
import { percentile } from './percentile.js';

// I1 to I8: what holds of the mails of a test once it is over, whatever was done to the program.

/** Numbers for one line, after everything was found in order. */
export interface Summary {
  readonly promised: number;
  readonly mails: number;
  /** By status. */
  readonly ended: Readonly<Record<string, number>>;
  /** Promises without a mail, or of which nothing came. */
  readonly lost: number;
  /** Taken by the server after they had expired, or after a newer one had replaced them. */
  readonly late: number;
  /** Sent to anybody else than the one recipient of the row. */
  readonly wrong: number;
  /** Copies beyond the first, by what explains them. */
  readonly duplicates: { readonly unknown: number; readonly killed: number };
  readonly healthP99Ms: number | undefined;
}

/** Something that must hold does not; the message says all of it. */
export class InvariantsBroken extends Error {
  constructor(
    readonly broken: readonly string[],
    readonly summary?: Summary,
  ) {
    const shown = broken.slice(0, 30).join('\n  ');
    const more = broken.length > 30 ? `\n  and ${broken.length - 30} more` : '';
    super(
      `${broken.length} invariants broken:\n  ${shown}${more}\n${JSON.stringify(summary ?? {})}`,
    );
  }
}

const ENDED = new Set(['sent', 'failed', 'expired', 'cancelled', 'skipped']);
/** Milliseconds between the database's clock and ours, and for an answer on its way. */
const SLACK = 1_500;
/** Milliseconds. The machine may be busy with other things; a frozen loop takes longer. */
const HEALTH_BOUND = 5_000;

/**
 * What holds at every moment, mails still under way or not: I1 as far as each promise has its mail, I2,
 * I3 and I5; I4, I8 and that copies are the same unless somebody has moved the clock.
 *
 * @throws InvariantsBroken with everything that is wrong
 */
export function checkWhatArrived(evidence: Evidence, isClockMoved: boolean): void {
  const byMessageId = Map.groupBy(evidence.arrivals, ({ messageId }) => messageId);
  const known = new Set(evidence.mails.map(({ messageId }) => messageId));
  // A host application may send by the same server (MailerService).
  const ours = evidence.arrivals.filter(({ messageId }) => known.has(messageId));
  const broken = [
    ...unkept(evidence),
    ...dishonest(evidence, byMessageId),
    ...copies(evidence, byMessageId).unexplained,
    ...misdirected({ ...evidence, arrivals: ours }),
    // Moments of the database are compared with ours, and one is the Date of the mail.
    ...(isClockMoved
      ? []
      : [
          ...differing(evidence, byMessageId),
          ...expired(evidence, byMessageId),
          ...begunLate(evidence, byMessageId),
        ]),
  ];
  if (broken.length > 0) throw new InvariantsBroken(broken);
}

/** @throws InvariantsBroken with everything that is wrong */
export function checkInvariants(evidence: Evidence): Summary {
  const byMessageId = Map.groupBy(evidence.arrivals, ({ messageId }) => messageId);
  const lost = [...unkept(evidence)];
  const late = [...expired(evidence, byMessageId), ...superseded(evidence, byMessageId)];
  const wrong = [...misdirected(evidence)];
  const { unexplained, ...duplicates } = copies(evidence, byMessageId);
  const broken = [
    ...lost,
    ...stuck(evidence),
    ...dishonest(evidence, byMessageId),
    ...unexplained,
    ...differing(evidence, byMessageId),
    ...late,
    ...wrong,
    ...leaks(evidence),
    ...slow(evidence),
  ];
  const summary: Summary = {
    promised: evidence.promises.length,
    mails: evidence.mails.length,
    ended: Object.fromEntries(
      [...Map.groupBy(evidence.mails, ({ status }) => status)].map(([status, mails]) => [
        status,
        mails.length,
      ]),
    ),
    lost: lost.length,
    late: late.length,
    wrong: wrong.length,
    duplicates,
    healthP99Ms: percentile(evidence.healthMs ?? [], 0.99),
  };
  if (broken.length > 0) throw new InvariantsBroken(broken, summary);
  return summary;
}

const name = ({ kind, to, messageId }: MailRow): string => `${kind} to ${to} ${messageId}`;

/** I1: there is a mail for each promise. */
function* unkept({ promises, mails }: Evidence): Generator<string> {
  const key = (to: string, kind: string) => `${kind} to ${to}`;
  const rows = Map.groupBy(mails, ({ to, kind }) => key(to, kind));
  const made = Map.groupBy(promises, ({ to, kinds }) => key(to, kinds.join(' or ')));
  for (const [what, alike] of made) {
    const [{ to, kinds }] = alike as [Promised];
    const there = kinds.reduce((sum, kind) => sum + (rows.get(key(to, kind))?.length ?? 0), 0);
    for (let n = there; n < alike.length; n += 1)
      yield `I1: lost, no mail for the promise: ${what}`;
  }
}

/** I1: each mail ends, and where it failed a server has said so. */
function* stuck({ mails, attempts }: Evidence): Generator<string> {
  const tries = Map.groupBy(attempts, ({ mailId }) => mailId);
  for (const mail of mails) {
    if (!ENDED.has(mail.status))
      yield `I1: stuck, ${mail.status} after ${mail.attempts} tries: ${name(mail)}: ${mail.error}`;
    if (mail.status !== 'failed') continue;
    const last = tries.get(mail.id)?.at(-1);
    const isSaid = last?.outcome === 'rejected' && (last.replyCode ?? 500) >= 500;
    if (!isSaid || !mail.error) yield `I1: failed without a reason: ${name(mail)}: ${mail.error}`;
  }
}

/** I2: what is called sent has been accepted by a server; the built-in inbox keeps its own book. */
function* dishonest(
  { mails }: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): Generator<string> {
  for (const mail of mails)
    if (mail.status === 'sent' && mail.account !== 'inbox') {
      const answers = arrivals.get(mail.messageId)?.map(({ answer }) => answer) ?? [];
      if (!answers.includes('accepted'))
        yield `I2: sent, but the server said ${answers.join(', ') || 'nothing'}: ${name(mail)}`;
    }
}

/** I3: a second copy only after a try of which nobody knows the outcome. */
function copies(
  { mails, attempts }: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): { unknown: number; killed: number; unexplained: string[] } {
  const doubts = Map.groupBy(
    attempts.filter(({ outcome }) => outcome === 'unknown'),
    ({ mailId }) => mailId,
  );
  const found = { unknown: 0, killed: 0, unexplained: [] as string[] };
  for (const mail of mails) {
    const all = arrivals.get(mail.messageId) ?? [];
    const extra = all.filter(({ answer }) => answer !== 'refused').length - 1;
    const reasons = doubts.get(mail.id) ?? [];
    const killed = reasons.filter(({ stage }) => stage === 'worker').length;
    if (extra > reasons.length)
      found.unexplained.push(
        `I3: ${extra + 1} copies, of which ${reasons.length} tries of unknown outcome explain as many: ${name(mail)}`,
      );
    else if (extra > 0) {
      const byUnknown = Math.min(extra, reasons.length - killed);
      found.unknown += byUnknown;
      found.killed += extra - byUnknown;
    }
  }
  return found;
}

/** I3: all copies are the same; one that was refused is none, and may have been another account's. */
function* differing(
  { mails }: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): Generator<string> {
  for (const mail of mails) {
    const taken = arrivals.get(mail.messageId)?.filter(({ answer }) => answer !== 'refused') ?? [];
    if (new Set(taken.map(({ digest }) => digest)).size > 1)
      yield `I3: the copies differ: ${name(mail)}`;
  }
}

/** I4: nothing goes out after its code or link is dead. */
function* expired(
  { mails }: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): Generator<string> {
  for (const mail of mails)
    for (const { doneAt, answer } of arrivals.get(mail.messageId) ?? [])
      if (answer !== 'refused' && doneAt > mail.expiresAt + SLACK)
        yield `I4: sent ${Math.round((doneAt - mail.expiresAt) / 1_000)} s after it expired: ${name(mail)}`;
}

/** I5: each message goes to the one address of its row, in the envelope as in the header. */
function* misdirected({ mails, arrivals }: Evidence): Generator<string> {
  const rows = new Map(mails.map((mail) => [mail.messageId, mail]));
  for (const { messageId, rcpts, headerTo } of arrivals) {
    const to = rows.get(messageId)?.to;
    if (to === undefined) yield `I5: ${messageId} to ${rcpts.join()} is no mail of ours`;
    else if (rcpts.length !== 1 || rcpts[0] !== to || headerTo !== to)
      yield `I5: ${messageId} for ${to} went to ${rcpts.join()}, header ${headerTo}`;
  }
}

/** I6: no secret is where it could be read. */
function* leaks({ secrets = {}, places = {} }: Evidence): Generator<string> {
  for (const [place, text] of Object.entries(places))
    for (const [secret, value] of Object.entries(secrets))
      if (text.includes(value) || text.includes(Buffer.from(value).toString('base64')))
        yield `I6: ${secret} is in ${place}`;
}

/** I7: the program answers all the while. */
function* slow({ healthMs = [] }: Evidence): Generator<string> {
  const p99 = percentile(healthMs, 0.99);
  if (p99 !== undefined && p99 > HEALTH_BOUND)
    yield `I7: health took ${Math.round(p99)} ms at the 99th percentile`;
}

/** I8: of several codes or invitations to one address the older have ended, and are not begun any more. */
function* superseded(
  evidence: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): Generator<string> {
  for (const [older] of replacements(evidence))
    if (!ENDED.has(older.status)) yield `I8: replaced, and ${older.status}: ${name(older)}`;
  yield* begunLate(evidence, arrivals);
}

function* begunLate(
  evidence: Evidence,
  arrivals: ReadonlyMap<string, readonly Arrival[]>,
): Generator<string> {
  for (const [older, newer] of replacements(evidence))
    for (const { mailAt } of arrivals.get(older.messageId) ?? [])
      if (mailAt > newer.createdAt + SLACK) yield `I8: sent after a newer one: ${name(older)}`;
}

/** Mails that the next one of their kind to the same address takes the place of. */
function* replacements({ mails }: Evidence): Generator<readonly [older: MailRow, newer: MailRow]> {
  const replaced = mails.filter(({ kind }) => ['verification-code', 'invitation'].includes(kind));
  for (const group of Map.groupBy(replaced, ({ kind, to }) => `${kind} ${to}`).values())
    for (const [n, older] of group.slice(0, -1).entries()) {
      const newer = group[n + 1];
      if (newer) yield [older, newer];
    }
}
