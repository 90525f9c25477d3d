export type { CauseCode } from './causes.js';
export { DoctorModule } from './doctor.module.js';
export type { WalkOptions } from './examination.js';
export { exitCodeOf } from './exit-code.js';
export { explain } from './explain.js';
export { withoutForeignWords } from './foreign-words.js';
export { JUDGED_AT_START } from './judged-at-start.js';
export { nameFailure, type NamedFailure } from './named-failure.js';
export { type Names, systemNames } from './names.js';
export { diagnoseReply } from './reply-diagnosis.js';
export type { JudgedReply, ReplyDiagnosis } from './reply-rule.js';
export {
  type DoctorEvent,
  EXIT_CODES,
  type ExitCode,
  type Finding,
  type Report,
  type ReportedSetting,
  STAGE_IDS,
  type StageResult,
} from './report.js';
export { checkupOf } from './start-check.service.js';
export { reportText } from './report-text.js';
export { judgeSettings } from './settings-stage.js';
export { CUSTOMS, examine, type JudgedSettings, walk } from './walk.js';
