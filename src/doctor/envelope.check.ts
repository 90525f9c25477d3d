import { isPositive, offersStartTls } from './dialogue.js';
import { type Examination, failed, type Outcome, passed } from './examination.js';
import { provenFix, trialEvidence } from './proven.js';
import { diagnose, findingFrom, shownReply } from './replied.js';
import type { Evidence, Finding } from './report.js';
import { planAt } from './settings-change.js';
import { tryOut } from './trial.js';
import type { Heard } from './wire.js';

/** What a refused recipient may be about; the rest concerns the sender. */
const ABOUT_THE_RECIPIENT: readonly string[] = ['RECIPIENT_UNKNOWN', 'GREYLISTED'];

/**
 * MAIL and RCPT without DATA, then RSET: nothing is sent. Without a recipient of the test the
 * sender itself stands in, since Postfix judges the sender only at RCPT (smtpd_delay_reject).
 */
export async function checkEnvelope(examination: Examination): Promise<Outcome> {
  const { plan, options, wire, limits } = examination;
  if (!wire) throw new Error('nothing is connected');
  const ends = performance.now() + examination.within(limits.envelope);
  const left = (): number => Math.max(1, ends - performance.now());
  const from = plan.returnPath ?? plan.sender.address;
  const to = options.to ?? plan.sender.address;
  const mail = await wire.ask(`MAIL FROM:<${from}>`, left());
  if (!isGood(mail)) return await refused(examination, 'mail', mail);
  const rcpt = await wire.ask(`RCPT TO:<${to}>`, left());
  if (!isGood(rcpt) && !isNoMatter(examination, rcpt, to))
    return await refused(examination, 'rcpt', rcpt);
  await wire.ask('RSET', left());
  wire.quit();
  const text = options.to ? `${from} may send to ${to}` : `${from} may send`;
  return passed({ kind: 'reply', text });
}

const isGood = (heard: Heard): boolean => heard.kind === 'reply' && isPositive(heard.reply);

/** Nobody asked for mail to this recipient, so that what is said of it alone is no matter. */
function isNoMatter(examination: Examination, heard: Heard, recipient: string): boolean {
  if (examination.options.to || heard.kind !== 'reply') return false;
  const known = diagnose(examination, 'rcpt', heard.reply, { recipient });
  return known === undefined || ABOUT_THE_RECIPIENT.includes(known.code);
}

async function refused(
  examination: Examination,
  stage: 'mail' | 'rcpt',
  heard: Heard,
): Promise<Outcome> {
  if (heard.kind !== 'reply') {
    const text = `no reply to ${stage.toUpperCase()} (${heard.kind})`;
    const evidence: Evidence[] = [{ kind: 'reply', text }];
    const finding = examination.found('SERVER_TEMPORARY', {
      stage: 'envelope',
      confidence: 'guess',
      evidence,
    });
    return failed(text, finding);
  }
  const { reply } = heard;
  const otherwise = reply.code < 500 ? 'SERVER_TEMPORARY' : 'SENDER_NOT_OWNED';
  const finding = findingFrom(examination, stage, reply, otherwise, { at: 'envelope' });
  const better = await withStartTls(examination, finding);
  return failed(shownReply(examination, reply), better);
}

/** The server wants TLS first: whether STARTTLS works can be tried. */
async function withStartTls(examination: Examination, finding: Finding): Promise<Finding> {
  const { plan, ehlo } = examination;
  if (finding.code !== 'STARTTLS_REQUIRED' || !ehlo || !offersStartTls(ehlo)) return finding;
  const trial = await tryOut(examination, planAt(plan, { port: plan.port, mode: 'starttls' }));
  if (!trial) return finding;
  return {
    ...finding,
    confidence: 'certain',
    evidence: [...finding.evidence, ...trialEvidence(trial)],
    fix: { ...finding.fix, ...provenFix(examination, trial) },
  };
}
