import type { Socket } from 'node:net';
import { isLoopback } from '#mailer-config';
import { isMasked } from './banner.js';
import { offersMaskedWords, offersStartTls, sayEhlo, wholeReply } from './dialogue.js';
import { hearEhlo, leftToEhlo } from './ehlo.check.js';
import { elsewhere, encryptedElsewhere } from './elsewhere.js';
import { type Examination, type Outcome, passedWith } from './examination.js';
import { firstLine } from './greeting.js';
import { shakeHands } from './handshake.js';
import { explainHandshake } from './handshake-diagnosis.js';
import type { Evidence, Finding } from './report.js';
import { secure, type Secured } from './secured.js';
import { causeOfNoOffer } from './starttls.js';
import { Wire } from './wire.js';

/** STARTTLS (RFC 3207) on a connection that was greeted, and EHLO on both sides of it. */
export async function byStartTls(
  examination: Examination,
  wire: Wire,
  socket: Socket,
): Promise<Outcome> {
  const { plan, limits } = examination;
  const ehlo = await hearEhlo(examination, wire);
  if ('status' in ehlo) return leftToEhlo(examination, ehlo);
  const banner = firstLine(wire);
  if (!offersStartTls(ehlo)) {
    if (isMasked(banner) || offersMaskedWords(ehlo))
      return await encryptedElsewhere(examination, 'STARTTLS_MASKED', [
        { kind: 'banner', text: examination.quote(banner) },
        { kind: 'reply', text: examination.log.shown(wholeReply(ehlo).replaceAll('\n', ', ')) },
      ]);
    if (plan.requireTls) return await missing(examination, wire);
    examination.wire = wire;
    examination.ehlo = ehlo;
    return passedWith(notOffered(examination), {
      kind: 'probe',
      text: 'no STARTTLS: plain text',
    });
  }
  const answer = await wire.ask('STARTTLS', examination.within(limits.ehlo));
  if (answer.kind !== 'reply' || answer.reply.code !== 220) {
    const text =
      answer.kind === 'reply'
        ? `${answer.reply.code} ${examination.log.shown(answer.reply.lines.join(' '))}`
        : `no answer to STARTTLS (${answer.kind})`;
    const code =
      answer.kind === 'silence'
        ? 'STARTTLS_STALL'
        : answer.kind === 'closed'
          ? 'STARTTLS_CLOSED'
          : 'STARTTLS_REFUSED';
    const server = answer.kind === 'reply' ? examination.serverReply(answer.reply) : null;
    return await encryptedElsewhere(examination, code, [{ kind: 'reply', text }], { server });
  }
  // RFC 3207 section 4.2: what came in before TLS must be dropped, and should not have come
  if (wire.hasMore) {
    const more = await wire.next(1);
    const text =
      more.kind === 'reply' ? `${more.reply.code} ${more.reply.lines[0]}` : more.received;
    return await encryptedElsewhere(examination, 'STARTTLS_INJECTION', [
      { kind: 'reply', text: `glued to the 220: ${examination.quote(text)}` },
    ]);
  }
  wire.release();
  const hands = await shakeHands(socket, plan, examination.within(limits.handshake));
  if (hands.kind === 'failed') return await explainHandshake(examination, hands);
  return await afterUpgrade(examination, hands, banner);
}

/** RFC 3207 section 4.2: what was offered before TLS does not count. */
async function afterUpgrade(
  examination: Examination,
  hands: Secured,
  banner: string,
): Promise<Outcome> {
  const { plan, limits } = examination;
  const wire = new Wire(hands.socket, examination.log);
  const heard = await sayEhlo(wire, plan.ehloName, examination.within(limits.ehlo));
  const outcome = await secure(examination, hands, wire, banner);
  if (outcome.status === 'failed') return outcome;
  if (heard.kind === 'reply' && heard.reply.code < 300) examination.ehlo = heard.reply;
  else
    examination.early = await elsewhere(examination, 'EHLO_STALL', 'ehlo', {
      kind: 'reply',
      text: `after STARTTLS EHLO got ${heard.kind === 'reply' ? heard.reply.code : 'no answer'}`,
    });
  return outcome;
}

/** STARTTLS is not offered: by the server, or by something that takes the offer away. */
async function missing(examination: Examination, wire: Wire): Promise<Outcome> {
  const { plan, limits } = examination;
  const answer = await wire.ask('STARTTLS', examination.within(limits.ehlo));
  const code = answer.kind === 'reply' ? answer.reply.code : 0;
  const { code: cause, confidence } = causeOfNoOffer(plan, code);
  const text = `not offered; asked for all the same: ${code || answer.kind}`;
  return await encryptedElsewhere(examination, cause, [{ kind: 'reply', text }], { confidence });
}

/** The mail goes out in clear text, which nobody minds who does not leave the machine. */
function notOffered(examination: Examination): Finding[] {
  if (isLoopback(examination.plan.host)) return [];
  const text = 'EHLO offers no STARTTLS; SMTP_REQUIRE_TLS=false allows it';
  const seen: Evidence = { kind: 'reply', text };
  return [
    examination.found('STARTTLS_NOT_OFFERED', {
      stage: 'tls',
      confidence: 'certain',
      severity: 'warning',
      evidence: [seen],
    }),
  ];
}
