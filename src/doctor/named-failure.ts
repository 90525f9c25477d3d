import { presetOfHost, type SmtpSettings } from '#mailer-config';
import { MAYBE_THERE, namingSettings, presentable, type Verdict } from '#smtp';
import { isMasked } from './banner.js';
import type { Situation } from './cause.js';
import type { CauseCode } from './causes.js';
import { isMaskedWord } from './dialogue.js';
import { modeOf } from './examination.js';
import { findingOf } from './finding.js';
import { diagnoseReply } from './reply-diagnosis.js';
import type { Fix } from './report.js';
import { causeOfNoOffer } from './starttls.js';
import type { WireFailure } from './wire-diagnosis.js';
import { diagnoseWire, someoneElse } from './wire-failure.js';
import { greetingIn, methodIn, offersIn } from './wire-transcript.js';

/** What the doctor calls a failure that was met on the way. */
export interface NamedFailure {
  readonly code: CauseCode;
  /** The title of the cause, what was said or seen, and what comes next; for people. */
  readonly sentence: string;
}

/**
 * The cause of a failed delivery: what a server refused by the same table of replies as the
 * doctor's own walk has, and what became of the connection by what the wire saw of it.
 *
 * @param recipient of the mail; it tells a sandbox from a sender that is not verified
 * @returns undefined where too little was said or seen to put a name to
 */
export function nameFailure(
  verdict: Verdict,
  account: SmtpSettings,
  recipient: string,
): NamedFailure | undefined {
  const { outcome, reply = '', replyCode } = verdict;
  if (outcome === 'accepted') return undefined;
  const known =
    replyCode === undefined
      ? diagnoseWire(verdict, account)
      : byReply(verdict, replyCode, account, recipient);
  if (!known) return undefined;
  const { code, confidence, title, steps, situation } = known;
  const finding = findingOf(
    code,
    { ...situationOf(account), ...situation },
    {
      stage: 'message',
      confidence,
      ...(title !== undefined && { title }),
      ...(steps && { fix: { steps } }),
    },
  );
  const more = replyCode === undefined && confidence === 'likely' ? [HAVE_A_LOOK] : [];
  // where we did not go on ourselves, what was said of that has its reason and what to do
  if (verdict.ending === 'policy') {
    const what = title === undefined ? [`${finding.title}.`] : [];
    return { code, sentence: named(account, ...what, verdict.sentence, ...more) };
  }
  const said = reply
    ? presentable(reply, account.auth, SHOWN_OCTETS)
    : seen(verdict, account.timeouts);
  const what = said ? `${finding.title} (${said}).` : `${finding.title}.`;
  return { code, sentence: named(account, what, nextStep(outcome, finding.fix), ...more) };
}

const named = (account: SmtpSettings, ...sentences: string[]): string =>
  namingSettings(account, sentences.join(' '));

/** What only the probes of the doctor can tell. */
const HAVE_A_LOOK = 'The doctor finds out more: gatepost doctor.';

const SHOWN_OCTETS = 300;

function byReply(
  { outcome, stage, enhancedCode, reply = '', transcript }: Verdict,
  code: number,
  account: SmtpSettings,
  recipient: string,
): WireFailure | undefined {
  // a reply that says neither yes nor no
  if (outcome === 'unknown' || stage === 'dns' || stage === 'tcp') return undefined;
  const { host, auth, sender, returnPath, security } = account;
  // some greet as a mail server does, and know none of its commands
  if (stage === 'ehlo' || stage === 'tls') {
    const other = someoneElse({ transcript });
    if (other) return other;
  }
  const offers = offersIn(transcript);
  if (stage === 'tls' && offers && !offers.has('STARTTLS')) {
    const isRewritten =
      isMasked(greetingIn(transcript) ?? '') || [...offers.keys()].some(isMaskedWord);
    return isRewritten
      ? { code: 'STARTTLS_MASKED', confidence: 'certain' }
      : causeOfNoOffer(account, code);
  }
  const diagnosis = diagnoseReply({
    stage,
    code,
    enhancedCode,
    text: reply.replace(/^\d{3}[ -]?/, ''),
    host,
    banner: /^220[ -](.*)/.exec(greetingIn(transcript) ?? '')?.[1],
    username: auth.username,
    sender: returnPath ?? sender.address,
    recipient,
    tls: security !== 'clear',
    authOffered: offers?.get('AUTH') ?? [],
    method: stage === 'auth' ? methodIn(transcript) : undefined,
    signedIn: IN_TRANSACTION.includes(stage) && auth.method !== 'none' && !!auth.username,
  });
  if (!diagnosis) return undefined;
  const { confidence } = diagnosis;
  return confidence === 'guess' ? undefined : { code: diagnosis.code, confidence };
}

const IN_TRANSACTION: readonly Verdict['stage'][] = ['mail', 'rcpt', 'data', 'dot'];

/** What there was instead of words; empty: the connection simply ended. */
function seen({ stage, ending, errorCode = '' }: Verdict, timeouts: SmtpSettings['timeouts']) {
  return ending === 'deadline'
    ? `nothing came within ${timeouts[PATIENCE[stage]] / 1000} s`
    : errorCode;
}

/** The deadline that each stage has, or a part of it. */
const PATIENCE: Readonly<Record<Verdict['stage'], keyof SmtpSettings['timeouts']>> = {
  dns: 'connect',
  tcp: 'connect',
  tls: 'connect',
  greeting: 'greeting',
  ehlo: 'command',
  oauth2: 'command',
  auth: 'command',
  mail: 'command',
  rcpt: 'command',
  data: 'data',
  dot: 'data',
};

/** Not the recipient: sentences are logged, and logs name no addresses of people. */
function situationOf(account: SmtpSettings): Situation {
  const { host, port, auth, sender, ehloName } = account;
  const provider = presetOfHost(host)?.provider;
  const mode = modeOf(account);
  return { host, port, mode, provider, username: auth.username, sender: sender.address, ehloName };
}

type Refusal = Exclude<Verdict['outcome'], 'accepted'>;
type Advice = Pick<Fix, 'applicability' | 'summary' | 'set' | 'steps'>;

function nextStep(outcome: Refusal, help: Advice): string {
  switch (outcome) {
    case 'deferred':
      return 'It is tried again later.';
    case 'rejected':
      return `${advice(help)} The mail is not tried again.`;
    case 'account-failed':
      return advice(help);
    case 'unknown':
      return MAYBE_THERE;
    default:
      return outcome satisfies never;
  }
}

function advice({ applicability, summary, set, steps }: Advice): string {
  if (steps.length > 0) return steps.join(' ');
  const settings = Object.entries(set).map(([name, value]) => `${name}=${value}`);
  if (settings.length > 0)
    return `${applicability === 'guess' ? 'Try' : 'Write'} ${settings.join(' and ')}.`;
  return `${summary[0]?.toUpperCase()}${summary.slice(1)}.`;
}
