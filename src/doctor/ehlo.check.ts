import type { Reply } from '#smtp';
import type { CauseCode } from './causes.js';
import { connectTo } from './connect.js';
import { capabilitiesOf, isPositive, sayEhlo } from './dialogue.js';
import { type Examination, failed, type Outcome, passedWith, skipped } from './examination.js';
import { elsewhere } from './elsewhere.js';
import { hearGreeting } from './greeting.js';
import { trialEvidence } from './proven.js';
import { type Evidence, type Finding, notReached } from './report.js';
import { domainOfAddress } from './sender-dns.js';
import { tryOut } from './trial.js';
import { type Heard, Wire } from './wire.js';

/** The greeting and EHLO, as far as `tls` did not come by them already. */
export async function checkEhlo(examination: Examination): Promise<Outcome> {
  if (examination.early) return examination.early;
  const { wire } = examination;
  if (!wire) throw new Error('nothing is connected');
  const findings: Finding[] = [];
  if (!examination.greeting) {
    const greeted = await hearGreeting(examination, wire, 'ehlo');
    if (greeted.kind === 'not') return greeted.outcome;
    examination.greeting = greeted.reply;
    findings.push(...greeted.findings);
  }
  const began = performance.now();
  const heard = examination.ehlo ?? (await hearEhlo(examination, wire));
  if ('status' in heard) return heard;
  examination.ehlo = heard;
  examination.capabilities = capabilitiesOf(heard);
  const { authMethods } = examination.capabilities;
  const text = authMethods.length > 0 ? `AUTH ${authMethods.join(' ')}` : 'no AUTH offered';
  const fault = findings.find(({ severity }) => severity === 'error');
  if (fault) return { ...failed(fault.title), findings };
  const ms = Math.round(performance.now() - began);
  return passedWith(findings, { kind: 'reply', text: examination.log.shown(text), ms });
}

/** Says EHLO with our name. @returns the answer, or why there is none that would do */
export async function hearEhlo(examination: Examination, wire: Wire): Promise<Reply | Outcome> {
  const { plan, limits } = examination;
  const heard = await sayEhlo(wire, plan.ehloName, examination.within(limits.ehlo));
  if (heard.kind === 'reply' && isPositive(heard.reply)) return heard.reply;
  return await explain(examination, wire, heard);
}

async function explain(examination: Examination, wire: Wire, heard: Heard): Promise<Outcome> {
  const { plan } = examination;
  if (heard.kind === 'silence')
    return await elsewhere(examination, 'EHLO_STALL', 'ehlo', {
      kind: 'probe',
      text: `no answer to EHLO within ${(examination.limits.ehlo / 1000).toFixed(1)} s`,
    });
  const server = heard.kind === 'reply' ? examination.serverReply(heard.reply) : null;
  const text =
    heard.kind === 'reply'
      ? `${heard.reply.code} ${server?.lines.join(' ')}`
      : heard.kind === 'closed'
        ? 'closed after EHLO'
        : `not a reply: ${examination.quote(heard.received)}`;
  const seen: Evidence = { kind: 'reply', text };
  const report = (
    code: CauseCode,
    confidence: Finding['confidence'],
    more: Partial<Parameters<Examination['found']>[1]> = {},
  ): Outcome =>
    failed(
      text,
      examination.found(code, { stage: 'ehlo', confidence, server, evidence: [seen], ...more }),
    );

  const temporary = heard.kind === 'reply' && heard.reply.code < 500 && heard.reply.code !== 421;
  const name = domainOfAddress(plan.sender.address);
  const trial =
    name && name !== plan.ehloName && !temporary
      ? await tryOut(examination, { ...plan, ehloName: name })
      : undefined;
  if (trial)
    return report('EHLO_NAME_REJECTED', 'certain', {
      evidence: [seen, ...trialEvidence(trial)],
      fix: { applicability: 'verified', set: { SMTP_EHLO_NAME: name }, steps: [] },
    });
  if (heard.kind === 'closed') return report('CONNECTION_RESET', 'likely');
  if (heard.kind === 'malformed') return report('EHLO_UNSUPPORTED', 'likely');
  if (await knowsHelo(examination, wire)) return report('EHLO_UNSUPPORTED', 'certain');
  const words = heard.reply.lines.join(' ');
  if (/too many|concurrent/i.test(words)) return report('TOO_MANY_CONNECTIONS', 'likely');
  if (heard.reply.code < 500) return report('SERVER_TEMPORARY', 'likely');
  return /\b(?:helo|ehlo|host ?name|fqdn|fully.qualified|domain name)\b/i.test(words)
    ? report('EHLO_NAME_REJECTED', 'likely')
    : report('GREETING_REJECTED', 'likely');
}

/** HELO is only said to tell a server without ESMTP from one that does not like us. */
async function knowsHelo(examination: Examination, used: Wire): Promise<boolean> {
  const { plan, addresses, limits } = examination;
  const again = await used.ask(`HELO ${plan.ehloName}`, examination.within(limits.ehlo));
  if (again.kind === 'reply') return isPositive(again.reply);
  if (plan.security === 'implicit-tls') return false;
  const connected = await connectTo(examination, plan, addresses, limits.tcp);
  if (connected.kind !== 'connected') return false;
  const wire = new Wire(connected.socket, examination.aside);
  await wire.next(examination.within(limits.ehlo));
  const heard = await wire.ask(`HELO ${plan.ehloName}`, examination.within(limits.ehlo));
  connected.socket.destroy();
  return heard.kind === 'reply' && isPositive(heard.reply);
}

/** What is told of the greeting or EHLO belongs to the stage after this one. */
export function leftToEhlo(examination: Examination, outcome: Outcome): Outcome {
  if (!outcome.findings.some(({ stage }) => stage === 'ehlo')) return outcome;
  examination.early = outcome;
  return skipped(notReached('ehlo'));
}
