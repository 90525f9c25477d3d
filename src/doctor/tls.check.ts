import type { Socket } from 'node:net';
import { isLoopback, presetOfHost } from '#mailer-config';
import { isMasked, NOT_SMTP, speakerOf } from './banner.js';
import { describeCertificate } from './certificate.js';
import { certificateFailure, explainCertificate } from './certificate-diagnosis.js';
import { offersMaskedWords, offersStartTls, sayEhlo, wholeReply } from './dialogue.js';
import { hearEhlo } from './ehlo.check.js';
import {
  type Connection,
  type Examination,
  failed,
  type Outcome,
  passed,
  passedWith,
  skipped,
} from './examination.js';
import { elsewhere, firstLine, hearGreeting } from './greeting.js';
import { type Handshake, shakeHands } from './handshake.js';
import { encryptedElsewhere, explainHandshake, plainServer } from './handshake-diagnosis.js';
import { whoSpeaksFirst } from './mode-probe.js';
import { provenFix, trialEvidence } from './proven.js';
import { type Evidence, type Finding, notReached } from './report.js';
import { planAt } from './settings-change.js';
import { tryOut } from './trial.js';
import { Wire } from './wire.js';

type Secured = Extract<Handshake, { kind: 'secured' }>;

/** Milliseconds for a server to say something after a handshake: with TLS 1.3 only that ends it. */
const AFTER_HANDSHAKE = 1_000;

/** Brings the connection to where mail may be talked about: encrypted, as the plan wants it. */
export async function checkTls(examination: Examination): Promise<Outcome> {
  const { connection, plan } = examination;
  if (!connection) throw new Error('nothing is connected');
  return plan.security === 'implicit-tls'
    ? await implicitly(examination, connection)
    : await afterGreeting(examination, connection);
}

async function implicitly(
  examination: Examination,
  { socket, wire }: Connection,
): Promise<Outcome> {
  if (wire.firstAt !== undefined)
    return await plainServer(examination, {
      kind: 'banner',
      text: examination.quote(firstLine(wire)),
      ms: wire.firstAt,
    });
  wire.release();
  const hands = await shakeHands(
    socket,
    examination.plan,
    examination.within(examination.limits.handshake),
  );
  if (hands.kind === 'failed') return await explainHandshake(examination, hands);
  const secured = new Wire(hands.socket, examination.log);
  await secured.stirs(examination.within(AFTER_HANDSHAKE));
  return await secure(examination, hands, secured, firstLine(secured));
}

/** The handshake is over for us; now for what the server has to say to it, and for who it is. */
async function secure(
  examination: Examination,
  hands: Secured,
  wire: Wire,
  greeting: string,
): Promise<Outcome> {
  const refused = await refusalIn(wire);
  if (refused) {
    const { code, message } = refused;
    return await explainHandshake(examination, {
      kind: 'failed',
      how: 'error',
      code,
      message,
      received: Buffer.of(0x16, 0x03),
      ms: hands.ms,
    });
  }
  examination.wire = wire;
  examination.encrypted = true;
  const evidence: Evidence = {
    kind: 'certificate',
    text: `${hands.protocol}, ${examination.log.shown(describeCertificate(hands.certificate))}`,
    ms: hands.ms,
  };
  if (hands.distrust === undefined) {
    examination.verified = true;
    return passed(evidence);
  }
  const finding = await explainCertificate(examination, hands, greeting);
  return finding.severity === 'error'
    ? certificateFailure(finding)
    : passedWith([finding], evidence);
}

/** An alert that came after the handshake: TLS 1.3 judges our certificate only then. */
async function refusalIn(wire: Wire): Promise<NodeJS.ErrnoException | undefined> {
  if (wire.firstAt !== undefined) return undefined;
  const heard = await wire.next(1);
  const error = heard.kind === 'closed' ? heard.error : undefined;
  return error?.code?.startsWith('ERR_SSL_') ? error : undefined;
}

/** A port that is expected to greet in plain text. */
async function afterGreeting(examination: Examination, connection: Connection): Promise<Outcome> {
  const { plan } = examination;
  const speech = await whoSpeaksFirst(examination, connection);
  if (speech.kind === 'asked') return await tlsFirst(examination, speech.hands);
  const { wire, socket } = connection;
  const greeted = await hearGreeting(examination, wire, 'tls');
  if (greeted.kind === 'not') return atItsStage(examination, greeted.outcome);
  examination.greeting = greeted.reply;
  const late = greeted.findings.some(({ severity }) => severity === 'error');
  if (late)
    return atItsStage(examination, {
      ...failed('the greeting comes too late'),
      findings: greeted.findings,
    });
  const ended =
    plan.security === 'clear'
      ? inClear(examination, wire)
      : await byStartTls(examination, wire, socket);
  return { ...ended, findings: [...ended.findings, ...greeted.findings] };
}

function inClear(examination: Examination, wire: Wire): Outcome {
  examination.wire = wire;
  return passed({ kind: 'probe', text: 'plain text, as the settings say' });
}

/** What is told of the greeting or EHLO belongs to the stage after this one. */
function atItsStage(examination: Examination, outcome: Outcome): Outcome {
  if (!outcome.findings.some(({ stage }) => stage === 'ehlo')) return outcome;
  examination.early = outcome;
  return skipped(notReached('ehlo'));
}

/** Nobody greeted, and somebody answered a ClientHello. */
async function tlsFirst(examination: Examination, hands: Handshake): Promise<Outcome> {
  const { plan } = examination;
  if (hands.kind === 'secured') {
    examination.encrypted = true;
    const wire = new Wire(hands.socket, examination.log);
    const trial = await tryOut(examination, planAt(plan, { port: plan.port, mode: 'implicit' }));
    if (!trial) {
      await wire.stirs(examination.within(AFTER_HANDSHAKE));
      // a web server waits for its request; any line at all makes it speak
      if (wire.first.length === 0)
        await wire.ask(`EHLO ${plan.ehloName}`, examination.within(AFTER_HANDSHAKE));
      const speaker = wire.first.length > 0 ? speakerOf(wire.first) : 'nothing';
      const text = `behind TLS: ${examination.quote(firstLine(wire))}`;
      if (speaker in NOT_SMTP)
        return await elsewhere(examination, NOT_SMTP[speaker as keyof typeof NOT_SMTP], 'tls', {
          kind: 'banner',
          text,
        });
    }
    hands.socket.destroy();
    const text = `no greeting, and TLS at once: ${hands.protocol}, ${describeCertificate(hands.certificate)}`;
    return expectsTls(examination, { kind: 'probe', text, ms: hands.ms }, trial);
  }
  const speaker = speakerOf(hands.received);
  if (speaker === 'tls' || speaker === 'tls-alert') {
    const text = `no greeting, and a TLS alert at once`;
    return expectsTls(examination, { kind: 'probe', text, ms: hands.ms }, undefined);
  }
  const line = hands.received.toString('latin1').split(/\r?\n/, 1)[0] ?? '';
  const seen: Evidence = { kind: 'banner', text: examination.quote(line), ms: hands.ms };
  const code = speaker in NOT_SMTP ? NOT_SMTP[speaker as keyof typeof NOT_SMTP] : 'NOT_TLS';
  return await elsewhere(examination, code, 'tls', seen);
}

function expectsTls(
  examination: Examination,
  seen: Evidence,
  trial: Awaited<ReturnType<typeof tryOut>>,
): Outcome {
  const finding = examination.found('TLS_MODE_PLAIN_ON_IMPLICIT', {
    stage: 'tls',
    confidence: trial ? 'certain' : 'likely',
    evidence: [seen, ...trialEvidence(trial)],
    node: { code: 'ETIMEDOUT', originalCode: null, message: 'Greeting never received' },
    fix: provenFix(examination, trial),
  });
  return failed('this port expects TLS from the first byte', finding);
}

async function byStartTls(examination: Examination, wire: Wire, socket: Socket): Promise<Outcome> {
  const { plan, limits } = examination;
  const ehlo = await hearEhlo(examination, wire);
  if ('status' in ehlo) return atItsStage(examination, ehlo);
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
  const isKnown = presetOfHost(plan.host)?.security === 'starttls';
  const isStripped = code === 220 || code === 454 || isKnown;
  const text = `not offered; asked for all the same: ${code || answer.kind}`;
  return await encryptedElsewhere(
    examination,
    isStripped ? 'STARTTLS_STRIPPED' : 'STARTTLS_NOT_OFFERED',
    [{ kind: 'reply', text }],
    { confidence: isStripped && code !== 220 ? 'likely' : 'certain' },
  );
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
