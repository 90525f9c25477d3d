export type { CauseCode } from './causes.js';
export { type Names, systemNames } from './names.js';
export type { WalkOptions } from './examination.js';
export {
  type DoctorEvent,
  EXIT_CODES,
  type ExitCode,
  type Finding,
  type Report,
  type ReportedSetting,
  type StageResult,
} from './report.js';
export { examine, type JudgedSettings, walk } from './walk.js';
