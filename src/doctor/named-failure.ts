import { presetOfHost, type SmtpSettings } from '#mailer-config';
import { namingSettings, presentable, type Verdict } from '#smtp';
import type { Help, Situation } from './cause.js';
import type { CauseCode } from './causes.js';
import { findingOf } from './finding.js';
import { diagnoseReply } from './reply-diagnosis.js';
import type { TlsStart } from './report.js';

/** What the doctor calls a failure that was met on the way. */
export interface NamedFailure {
  readonly code: CauseCode;
  /** The title of the cause, what the server said, and what comes next; for people. */
  readonly sentence: string;
}

const MODES = { 'implicit-tls': 'implicit', starttls: 'starttls', clear: 'none' } as const;

/**
 * The cause of a refused delivery, by the same table of replies as the doctor's own walk has.
 *
 * @param recipient of the mail; it tells a sandbox from a sender that is not verified
 * @returns undefined where no reply decided, or it says too little to put a name to
 */
export function nameFailure(
  verdict: Verdict,
  account: SmtpSettings,
  recipient: string,
): NamedFailure | undefined {
  const { outcome, stage, replyCode, enhancedCode, reply = '', transcript } = verdict;
  if (outcome === 'accepted' || outcome === 'unknown' || replyCode === undefined) return undefined;
  if (stage === 'dns' || stage === 'tcp') return undefined;
  const { host, auth, sender, returnPath, security } = account;
  const diagnosis = diagnoseReply({
    stage,
    code: replyCode,
    enhancedCode,
    text: reply.replace(/^\d{3}[ -]?/, ''),
    host,
    banner: /^S: 220[ -](.*)/.exec(transcript[0] ?? '')?.[1],
    username: auth.username,
    sender: returnPath ?? sender.address,
    recipient,
    tls: security !== 'clear',
    authOffered: offeredIn(transcript),
    signedIn: IN_TRANSACTION.includes(stage) && auth.method !== 'none' && !!auth.username,
  });
  if (!diagnosis || diagnosis.confidence === 'guess') return undefined;
  const { code } = diagnosis;
  const { title, fix } = findingOf(code, situationOf(account), {
    stage: 'message',
    confidence: diagnosis.confidence,
  });
  const said = presentable(reply, auth, SHOWN_OCTETS);
  const text = [`${title} (${said}).`, nextStep(outcome, fix)].join(' ');
  return { code, sentence: namingSettings(account, text) };
}

const IN_TRANSACTION: readonly Verdict['stage'][] = ['mail', 'rcpt', 'data', 'dot'];
const SHOWN_OCTETS = 300;

/** As in the answer to EHLO; none on a connection that was open already. */
const offeredIn = (transcript: readonly string[]): readonly string[] =>
  transcript.flatMap((line) => /^S: 250[ -]AUTH[ =](.*)/i.exec(line)?.[1]?.split(' ') ?? []);

/** Not the recipient: sentences are logged, and logs name no addresses of people. */
function situationOf({ host, port, security, auth, sender, ehloName }: SmtpSettings): Situation {
  const mode: TlsStart = MODES[security];
  const provider = presetOfHost(host)?.provider;
  return { host, port, mode, provider, username: auth.username, sender: sender.address, ehloName };
}

type Refusal = Exclude<Verdict['outcome'], 'accepted' | 'unknown'>;

function nextStep(outcome: Refusal, help: Pick<Help, 'summary' | 'set' | 'steps'>): string {
  switch (outcome) {
    case 'deferred':
      return 'It is tried again later.';
    case 'rejected':
      return `${advice(help)} The mail is not tried again.`;
    case 'account-failed':
      return advice(help);
    default:
      return outcome satisfies never;
  }
}

function advice({
  summary,
  set = {},
  steps = [],
}: Pick<Help, 'summary' | 'set' | 'steps'>): string {
  if (steps.length > 0) return steps.join(' ');
  const settings = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  if (settings.length > 0) return `Write ${settings.join(' and ')}.`;
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}
