import { presetOfHost } from '#mailer-config';
import { chooseAuthMethod, type Reply } from '#smtp';
import type { CauseCode } from './causes.js';
import { offersStartTls } from './dialogue.js';
import { type Examination, failed, type Outcome, passed, skipped } from './examination.js';
import { doorOf, provenFix, trialEvidence } from './proven.js';
import { findingFrom, shownReply } from './replied.js';
import type { Evidence, Finding } from './report.js';
import { planAt } from './settings-change.js';
import { signIn, type SignInChoice } from './sign-in.js';
import { missingMethod } from './missing-method.js';
import { findDoor, tryOut } from './trial.js';
import type { Wire } from './wire.js';

const BY_LOGIN: SignInChoice = { kind: 'method', method: 'LOGIN' };

/**
 * Signs in: once, since each failed try counts towards a lockout (measured: with Postfix and
 * Dovecot the second takes 6 s), and never where the certificate is not verified.
 */
export async function checkSignIn(examination: Examination): Promise<Outcome> {
  const { plan, encrypted, verified, capabilities } = examination;
  const offered = capabilities?.authMethods ?? [];
  const choice = chooseAuthMethod(plan.auth, offered, encrypted);
  switch (choice.kind) {
    case 'no-sign-in':
      return skipped('no user name is set');
    case 'impossible':
      return await notPossible(examination, offered, choice.sentence);
    case 'method':
    case 'token':
      if (encrypted && !verified)
        return skipped('the certificate is not verified, so no credentials are sent');
      return await trySignIn(examination, choice);
    default:
      return choice satisfies never;
  }
}

async function trySignIn(examination: Examination, choice: SignInChoice): Promise<Outcome> {
  const { plan, wire, token, limits } = examination;
  if (!wire) throw new Error('nothing is connected');
  const began = performance.now();
  const ms = examination.within(limits.auth);
  const { last, challenge } = await signIn(wire, plan, choice, token, ms);
  const took = Math.round(performance.now() - began);
  const said: Evidence[] = challenge?.startsWith('334 {')
    ? [{ kind: 'token', text: examination.log.shown(challenge) }]
    : [];
  const note: Evidence = { kind: 'note', text: 'one attempt was made, to cause no lockout' };
  if (last.kind === 'reply' && last.reply.code === 235) {
    examination.signedIn = true;
    return passed({ kind: 'reply', text: choice.method, ms: took });
  }
  if (last.kind !== 'reply') {
    const isClosed = last.kind !== 'silence';
    const text = isClosed
      ? `the connection ended during AUTH ${choice.method}`
      : `no answer to AUTH ${choice.method} within ${(took / 1000).toFixed(1)} s`;
    const code = isClosed ? 'AUTH_HANGUP' : 'AUTH_TEMPORARY';
    const evidence: Evidence[] = [{ kind: 'reply', text, ms: took }, note];
    return failed(text, examination.found(code, { stage: 'auth', confidence: 'likely', evidence }));
  }
  if (doubtsPlain(examination, choice, last.reply))
    return await tryLogin(examination, wire, last.reply);
  const finding = findingFrom(examination, 'auth', last.reply, fallback(choice, last.reply.code), {
    method: choice.method,
    evidence: [...said, note],
  });
  return failed(shownReply(examination, last.reply), finding);
}

/** The one case of a second try: a provider that was seen to refuse PLAIN and to take LOGIN. */
function doubtsPlain({ plan, capabilities }: Examination, choice: SignInChoice, { code }: Reply) {
  return (
    choice.method === 'PLAIN' &&
    plan.auth.method === 'auto' &&
    code >= 500 &&
    capabilities?.authMethods.includes('LOGIN') === true &&
    presetOfHost(plan.host)?.doubtsPlain === true
  );
}

async function tryLogin(examination: Examination, wire: Wire, byPlain: Reply): Promise<Outcome> {
  const { plan, limits } = examination;
  const { last } = await signIn(wire, plan, BY_LOGIN, undefined, examination.within(limits.auth));
  const note: Evidence = {
    kind: 'note',
    text: 'two attempts were made, PLAIN and LOGIN: this provider was seen to refuse the first alone',
  };
  if (last.kind === 'reply' && last.reply.code === 235) {
    const finding = examination.found('AUTH_PLAIN_BROKEN', {
      stage: 'auth',
      confidence: 'certain',
      server: examination.serverReply(byPlain),
      evidence: [{ kind: 'reply', text: 'PLAIN is refused, LOGIN is taken' }, note],
      fix: { applicability: 'verified' },
    });
    return failed('PLAIN is refused, LOGIN is taken', finding);
  }
  // refused by both, or whoever was refused is hung up on: then the first word has to do
  const [reply, method] =
    last.kind === 'reply' ? ([last.reply, 'LOGIN'] as const) : ([byPlain, 'PLAIN'] as const);
  const finding = findingFrom(examination, 'auth', reply, fallback(BY_LOGIN, reply.code), {
    method,
    evidence: [note],
  });
  return failed(shownReply(examination, reply), finding);
}

function fallback({ kind }: SignInChoice, code: number): CauseCode {
  if (code < 500) return 'AUTH_TEMPORARY';
  return kind === 'token' ? 'OAUTH_TOKEN_REFUSED' : 'AUTH_BAD_CREDENTIALS';
}

/** The server offers no way to sign in that these settings have. */
async function notPossible(
  examination: Examination,
  offered: readonly string[],
  sentence: string,
): Promise<Outcome> {
  const { plan, encrypted, ehlo } = examination;
  const text = offered.length > 0 ? `AUTH ${offered.join(' ')} offered` : 'no AUTH offered';
  const seen: Evidence = { kind: 'reply', text: examination.log.shown(text) };
  if (!encrypted && ehlo && offersStartTls(ehlo)) {
    const starttls = planAt(plan, { port: plan.port, mode: 'starttls' });
    const trial = await tryOut(examination, starttls);
    const finding = examination.found('STARTTLS_REQUIRED', {
      stage: 'auth',
      confidence: trial ? 'certain' : 'likely',
      evidence: [seen, ...trialEvidence(trial)],
      fix: provenFix(examination, trial),
    });
    return failed(text, finding);
  }
  const code = missingMethod(plan, offered);
  const found = code === 'AUTH_NOT_OFFERED' ? await findDoor(examination) : undefined;
  const door = found && found.capabilities.authMethods.length > 0 ? found : undefined;
  const finding: Finding = examination.found(
    code,
    {
      stage: 'auth',
      confidence: 'certain',
      evidence: [seen, { kind: 'note', text: sentence }, ...trialEvidence(door)],
      fix: provenFix(examination, door),
    },
    doorOf(door),
  );
  return failed(text, finding);
}
