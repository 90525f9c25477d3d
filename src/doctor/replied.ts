import type { Reply } from '#smtp';
import type { CauseCode } from './causes.js';
import type { Examination } from './examination.js';
import type { Evidence, Finding, StageId } from './report.js';
import { diagnoseReply } from './reply-diagnosis.js';
import type { ReplyDiagnosis, ReplyStage } from './reply-rule.js';

/** Where the stages of a reply stand in the walk. */
const STAGE_OF: Readonly<Record<ReplyStage, StageId>> = {
  greeting: 'ehlo',
  tls: 'tls',
  ehlo: 'ehlo',
  oauth2: 'oauth2',
  auth: 'auth',
  mail: 'envelope',
  rcpt: 'envelope',
  data: 'message',
  dot: 'message',
};

/** What a reply of this session speaks of. */
export function diagnose(
  examination: Examination,
  stage: ReplyStage,
  { code, enhancedCode, lines }: Reply,
  { method, recipient }: { method?: string | undefined; recipient?: string | undefined } = {},
): ReplyDiagnosis | undefined {
  const { plan, options, capabilities, encrypted, signedIn, greeting } = examination;
  return diagnoseReply({
    stage,
    code,
    enhancedCode,
    text: lines.join(' '),
    host: plan.host,
    banner: greeting?.lines.join(' '),
    username: plan.auth.username,
    sender: plan.returnPath ?? plan.sender.address,
    recipient: recipient ?? options.to,
    tls: encrypted,
    authOffered: capabilities?.authMethods ?? [],
    signedIn,
    method,
  });
}

/** The finding that a reply means, in the server's own words; `otherwise` where they say nothing. */
export function findingFrom(
  examination: Examination,
  stage: ReplyStage,
  reply: Reply,
  otherwise: CauseCode,
  more: { method?: string; evidence?: readonly Evidence[]; at?: StageId } = {},
): Finding {
  const known = diagnose(examination, stage, reply, more);
  return examination.found(known?.code ?? otherwise, {
    stage: more.at ?? STAGE_OF[stage],
    confidence: known?.confidence ?? 'guess',
    evidence: more.evidence ?? [],
    server: examination.serverReply(reply),
  });
}

/** A reply in one line, for people. */
export function shownReply(examination: Examination, { code, lines }: Reply): string {
  return examination.log.shown(`${code} ${lines.join(' ')}`.trim(), 200);
}
