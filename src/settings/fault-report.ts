import type { Fault } from './fault.errors.js';

const WIDTH = 80;

/** Ends the process when a setting is wrong; the contract's exit code for settings. */
export const SETTINGS_EXIT_CODE = 2;

/**
 * One fault or warning for people: code, setting and value, why, and what to write instead;
 * lines of at most 80 columns but where one word is longer.
 */
export function formatFault(fault: Fault, severity: 'error' | 'warning' = 'error'): string {
  const given = fault.value === undefined ? fault.setting : `${fault.setting}=${fault.value}`;
  const place = fault.source === undefined ? '' : ` (${fault.source})`;
  return [
    `${severity}[${fault.code}]: ${given}${place}`,
    ...wrapped(fault.why),
    ...wrapped(fault.instead),
  ].join('\n');
}

/** The whole report of what keeps the program from starting, and the warnings after it. */
export function formatReport(faults: readonly Fault[], warnings: readonly Fault[]): string {
  const blocks: string[] = [];
  if (faults.length > 0) {
    const count = faults.length === 1 ? 'one setting is' : `${faults.length} settings are`;
    blocks.push(`Gatepost can not start: ${count} wrong.`);
  }
  blocks.push(...faults.map((fault) => formatFault(fault)));
  blocks.push(...warnings.map((warning) => formatFault(warning, 'warning')));
  if (faults.length > 0)
    blocks.push(
      'Nothing was started. Correct the environment or .env and start again;\n.env.example lists every setting with its meaning.',
    );
  return blocks.join('\n\n');
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = ' ';
  for (const word of text.split(' ')) {
    if (line.length > 1 && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = ' ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
