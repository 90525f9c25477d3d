import { leftToEhlo } from './ehlo.check.js';
import { type Connection, type Examination, failed, type Outcome, passed } from './examination.js';
import { explainFirstWords } from './first-words.js';
import { firstLine, hearGreeting } from './greeting.js';
import { AFTER_HANDSHAKE, shakeHands } from './handshake.js';
import { explainHandshake } from './handshake-diagnosis.js';
import { whoSpeaksFirst } from './mode-probe.js';
import { secure } from './secured.js';
import { tlsFirst } from './tls-first.js';
import { byStartTls } from './upgrade.js';
import { Wire } from './wire.js';

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
    return await explainFirstWords(examination, wire.first, wire.firstAt);
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

/** A port that is expected to greet in plain text. */
async function afterGreeting(examination: Examination, connection: Connection): Promise<Outcome> {
  const { plan } = examination;
  const speech = await whoSpeaksFirst(examination, connection);
  if (speech.kind === 'asked') return await tlsFirst(examination, speech.hands);
  const { wire, socket } = connection;
  const greeted = await hearGreeting(examination, wire, 'tls');
  if (greeted.kind === 'not') return leftToEhlo(examination, greeted.outcome);
  examination.greeting = greeted.reply;
  const late = greeted.findings.some(({ severity }) => severity === 'error');
  if (late)
    return leftToEhlo(examination, {
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
