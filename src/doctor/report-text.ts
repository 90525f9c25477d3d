import { findingText } from './finding-text.js';
import { withRight, wrap } from './layout.js';
import { type Paint, painter } from './paint.js';
import { type Finding, notReached, type Report, type StageResult } from './report.js';

/** The right edge of times. */
const TIMES = 76;

export interface TextOptions {
  /** Only for a terminal that wants it. */
  readonly colour: boolean;
}

/**
 * A report for people: every stage in a line, the first error in full, the others in a line each,
 * and what success does not prove. Lines of at most 80 columns but where one word is longer.
 */
export function reportText(report: Report, { colour }: TextOptions): string {
  const paint = painter(colour);
  const reached = report.stages.filter((stage) => !isNotReached(stage, report));
  const primary = report.findings.find(({ severity }) => severity === 'error');
  const others = report.findings.filter((finding) => finding !== primary);
  const blocks = [
    headerLines(report),
    reached.flatMap((stage) => stageLines(stage, { colour })),
    ...(primary ? [findingText(primary, report.settings, paint)] : []),
    others.flatMap((finding) => oneLine(finding, paint)),
    report.ok ? successLines(report) : [],
    closingLines(report),
  ];
  return blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
}

function headerLines({ target, durationMs }: Report): string[] {
  const provider = target?.provider ? ` (${target.provider})` : '';
  const server = target
    ? `${target.host.includes(':') ? `[${target.host}]` : target.host}:${target.port}${provider}`
    : 'no server to examine';
  return withRight(`smtp doctor  ${server}`, duration(durationMs), TIMES);
}

const marks = { passed: 'ok', failed: 'FAIL', warning: 'warn', skipped: '-' } as const;

/** One stage's line, also for showing progress. */
export function stageLines(
  { id, status, ms, evidence, reason }: StageResult,
  { colour }: TextOptions,
): string[] {
  const seen = evidence.filter(({ kind }) => kind !== 'note').map(({ text }) => text);
  const text = status === 'skipped' ? (reason ?? '') : seen.join(', ');
  const head = `  ${marks[status].padEnd(6)}${id.padEnd(11)}`;
  const indent = ' '.repeat(head.length);
  const lines = wrap(text, head, indent).map((line) => line.trimEnd());
  const time = status === 'skipped' || ms < 1 ? '' : duration(ms);
  const last = withRight(lines.pop() ?? '', time, TIMES);
  const [first = '', ...rest] = [...lines, ...last];
  const mark = painter(colour)[status](first.slice(0, 8));
  return [mark + first.slice(8), ...rest];
}

/** Behind the stage that failed; any other skipped one is shown with its reason. */
function isNotReached({ status, reason }: StageResult, { stages }: Report): boolean {
  const failed = stages.filter((stage) => stage.status === 'failed');
  return status === 'skipped' && failed.some(({ id }) => reason === notReached(id));
}

function oneLine({ severity, code, title }: Finding, paint: Paint): string[] {
  const head = `${severity}[${code}]:`;
  const [first = '', ...rest] = wrap(`${head} ${title}`);
  return [first.replace(head, paint[severity](head)), ...rest];
}

function successLines({ target, stages }: Report): string[] {
  const message = stages.find(({ id }) => id === 'message');
  const recipient = target?.recipient;
  if (message?.status === 'passed' && recipient) {
    const reply = message.evidence.find(({ kind }) => kind === 'reply')?.text;
    return wrap(
      `The server accepted the test mail${reply ? ` (${reply})` : ''}. Acceptance is not delivery: look into the inbox and the spam folder of ${recipient}.`,
    );
  }
  return wrap(
    'No mail was sent. Some providers refuse a sender or a recipient only with the message: doctor --to ADDRESS sends one and shows it.',
  );
}

function closingLines(report: Report): string[] {
  const { findings, stages } = report;
  const missed = stages.filter((stage) => isNotReached(stage, report)).map(({ id }) => id);
  const count = (severity: Finding['severity']): string => {
    const number = findings.filter((finding) => finding.severity === severity).length;
    return `${number} ${severity}${number === 1 ? '' : 's'}`;
  };
  const code = findings.find(({ severity }) => severity === 'error')?.code ?? findings[0]?.code;
  return [
    ...(missed.length > 0 ? wrap(`not reached: ${missed.join(', ')}`, '  ') : []),
    ...(code
      ? [
          `  ${count('error')}, ${count('warning')}`,
          `  doctor explain ${code} | doctor --json | --transcript`,
        ]
      : []),
  ];
}

/** `18 ms`, or `1.9 s` from one second on. */
function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`;
}
