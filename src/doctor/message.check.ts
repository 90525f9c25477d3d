import { randomUUID } from 'node:crypto';
import { type OutgoingMessage, type Reply, SmtpSender, type Verdict } from '#smtp';
import type { CauseCode } from './causes.js';
import { type Examination, failed, type Outcome, passed, skipped } from './examination.js';
import { findingFrom, shownReply } from './replied.js';
import type { Evidence } from './report.js';
import { domainOfAddress } from './sender-dns.js';
import { diagnoseWire } from './wire-failure.js';

/**
 * A real mail by the road of all mails. Many providers judge sender, sandbox and permission only
 * after DATA, so that whoever stops before has not seen it.
 */
export async function checkMessage(examination: Examination): Promise<Outcome> {
  const { plan, options, limits, token } = examination;
  const { to } = options;
  if (!to) return skipped('nothing is sent without --to');
  if (examination.encrypted && !examination.verified && plan.auth.username)
    return skipped('the certificate is not verified, so nothing is sent');
  const ms = Math.round(examination.within(limits.message));
  const tokens = options.tokens ?? {
    accessToken: async () => await Promise.resolve(token ?? ''),
  };
  const sender = new SmtpSender(tokens);
  try {
    // once the message is handed over only the answer counts, and it has to come in our time too
    const data = Math.min(plan.timeouts.data, ms);
    const account = { ...plan, timeouts: { ...plan.timeouts, data } };
    const signal = AbortSignal.timeout(ms);
    const verdict = await sender.send(account, testMessage(examination, to), { signal });
    for (const line of verdict.transcript)
      if (line.startsWith('S: ')) examination.log.server(line.slice(3));
      else examination.log.client(line.replace(/^C: /, ''));
    return judge(examination, verdict);
  } finally {
    await sender.close();
  }
}

function testMessage({ plan }: Examination, to: string): OutgoingMessage {
  const lines = [
    'This is the test mail of "gatepost doctor".',
    `It was handed to ${plan.host}:${plan.port} with the SMTP settings that were examined.`,
    'If you can read it, mail arrives. If it was in the spam folder, look at SPF, DKIM and DMARC.',
  ];
  const domain = domainOfAddress(plan.sender.address);
  return {
    messageId: `<${randomUUID()}@${domain}>`,
    date: new Date(),
    to,
    subject: 'Test of the mail settings',
    text: `${lines.join('\n\n')}\n`,
    html: `<!doctype html><html lang="en"><body>${lines.map((line) => `<p>${line.replaceAll('"', '&quot;')}</p>`).join('')}</body></html>`,
    locale: 'en',
  };
}

function judge(examination: Examination, verdict: Verdict): Outcome {
  const { outcome, stage, ending, reply, durationMs } = verdict;
  const text = reply ?? verdict.sentence;
  const seen: Evidence = { kind: 'reply', text, ms: durationMs };
  if (outcome === 'accepted') return passed(seen);
  const said = replyOf(verdict);
  if (said && stage !== 'dns' && stage !== 'tcp') {
    const otherwise: CauseCode = said.code < 500 ? 'SERVER_TEMPORARY' : 'CONTENT_REJECTED';
    const finding = findingFrom(examination, stage, said, otherwise, { at: 'message' });
    return failed(shownReply(examination, said), finding);
  }
  if (outcome !== 'unknown' && stage !== 'dot' && stage !== 'data')
    return unsent(examination, verdict);
  // `aborted`: the time of the whole walk was over
  const isLate = ending === 'deadline' || ending === 'aborted';
  const code: CauseCode = isLate ? 'DATA_STALL' : 'DATA_HANGUP';
  const evidence: Evidence[] = [seen, { kind: 'note', text: verdict.sentence }];
  return failed(
    text,
    examination.found(code, { stage: 'message', confidence: 'likely', evidence }),
  );
}

/** The connection of the mail failed, where ours had not. */
function unsent(examination: Examination, verdict: Verdict): Outcome {
  const { sentence, durationMs, errorCode } = verdict;
  const known = diagnoseWire(verdict, examination.plan);
  const seen = {
    stage: 'message',
    evidence: [{ kind: 'note', text: sentence, ms: durationMs }],
    node: errorCode === undefined ? null : { code: 'ESOCKET', originalCode: errorCode },
  } as const;
  // what the sender says of it: a sentence, and mostly one on what to do
  const [, title = sentence, advice] = /^(.*?)\.(?: (.*))?$/s.exec(sentence) ?? [];
  const finding = known
    ? examination.found(
        // the walk was let in a moment ago, so that it is no matter of containers
        known.code === 'CONNECTION_REFUSED_LOOPBACK' ? 'CONNECTION_REFUSED' : known.code,
        {
          ...seen,
          confidence: known.confidence,
          ...(known.title !== undefined && { title: known.title }),
        },
        known.situation,
      )
    : examination.found('SERVER_TEMPORARY', {
        ...seen,
        confidence: 'guess',
        title,
        ...(advice && { fix: { summary: 'see to the connection', steps: [advice] } }),
      });
  return failed(sentence, finding);
}

function replyOf({ replyCode, enhancedCode, reply = '' }: Verdict): Reply | undefined {
  if (replyCode === undefined) return undefined;
  return { code: replyCode, enhancedCode, lines: [reply.replace(/^\d{3}[ -]?/, '')] };
}
