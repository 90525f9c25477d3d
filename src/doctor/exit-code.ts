import { causes, isCauseCode } from './causes.js';
import { EXIT_CODES, type ExitCode, type Finding } from './report.js';

/**
 * What the command ends with: the class of the first error. Warnings alone are good, and 9 for
 * whoever asked for `strict`.
 */
export function exitCodeOf(
  findings: readonly Pick<Finding, 'code' | 'severity'>[],
  { strict }: { readonly strict: boolean },
): ExitCode {
  const primary = findings.find(({ severity }) => severity === 'error');
  if (primary)
    return isCauseCode(primary.code) ? EXIT_CODES[causes[primary.code].class] : EXIT_CODES.doctor;
  return strict && findings.some(({ severity }) => severity === 'warning')
    ? EXIT_CODES.delivery
    : EXIT_CODES.ok;
}
