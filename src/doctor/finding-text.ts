import { withRight, wrap } from './layout.js';
import type { Paint } from './paint.js';
import type { Evidence, Finding, Fix, NodeError, ReportedSetting, ServerReply } from './report.js';
import { lineOf, settingLines } from './setting-lines.js';

/** The right edge of how far a fix can be trusted. */
const TRUST = 79;

/** One finding in full, as lines: the sentence, the user's own line, what was seen, what to do. */
export function findingText(
  finding: Finding,
  settings: readonly ReportedSetting[],
  paint: Paint,
): string[] {
  const head = `${finding.severity}[${finding.code}]:`;
  const [first = '', ...rest] = wrap(`${head} ${finding.title}`);
  return [
    first.replace(head, paint[finding.severity](head)),
    ...rest,
    ...settingLines(finding, settings, paint),
    ...observationLines(finding),
    '',
    ...helpLines(finding.fix, settings, paint),
  ];
}

const labels: Readonly<Record<Evidence['kind'], string>> = {
  banner: 'seen',
  reply: 'seen',
  probe: 'tried',
  certificate: 'seen',
  dns: 'seen',
  token: 'seen',
  setting: '',
  note: 'note',
};

/** What the settings stage saw stands already beside the marker. */
function observationLines({ evidence, server, node }: Finding): string[] {
  const seen = evidence.filter(({ kind }) => kind !== 'note' && kind !== 'setting');
  const notes = evidence.filter(({ kind }) => kind === 'note');
  const lines = [
    ...seen.flatMap(({ kind, text, ms }) => {
      const when = kind === 'banner' && ms !== undefined ? ` ${ms} ms after connecting` : '';
      const said = kind === 'banner' && !text.startsWith('"');
      return wrap(`${labels[kind]}: ${said ? `"${text}"` : text}${when}`, '   = ', '     ');
    }),
    ...(server ? serverLines(server) : []),
    ...notes.flatMap(({ text }) => wrap(`note: ${text}`, '   = ', '     ')),
    ...nodeLines(node),
  ];
  return lines.length > 0 ? ['   |', ...lines] : [];
}

function serverLines({ code, lines }: ServerReply): string[] {
  const indent = '             ';
  return lines.flatMap((line, index) => {
    const isLast = index === lines.length - 1;
    const first = index === 0 ? '   = server: ' : indent;
    return wrap(`${code}${isLast ? ' ' : '-'}${line}`, first, indent);
  });
}

function nodeLines(node: NodeError | null): string[] {
  const name = node?.originalCode ?? node?.code;
  if (!name) return [];
  const said = node?.message ? `, "${node.message}"` : '';
  return wrap(`note: Node calls this ${name}${said}`, '   = ', '     ');
}

const trust = {
  verified: '(verified, not guessed)',
  likely: '(likely)',
  guess: '(a guess)',
  manual: '(manual)',
} as const;

function helpLines(fix: Fix, settings: readonly ReportedSetting[], paint: Paint): string[] {
  const [first = '', ...rest] = withRight(`help: ${fix.summary}`, trust[fix.applicability], TRUST);
  return [
    first.replace('help:', paint.help('help:')),
    ...rest,
    ...changeLines(fix, settings, paint),
    ...fix.steps.flatMap((step, index) => wrap(step, `   ${index + 1}. `, '      ')),
    ...alternativeLines(fix),
  ];
}

/** The lines to take out and to put in, with their numbers where they stand in a file. */
function changeLines(fix: Fix, settings: readonly ReportedSetting[], paint: Paint): string[] {
  const names = [...new Set([...Object.keys(fix.set), ...fix.unset])];
  let next: number | undefined;
  const lines = names.flatMap((name) => {
    const given = settings.find((setting) => setting.name === name);
    const at = lineOf(given);
    const line = at ?? next;
    if (line !== undefined) next = line + 1;
    const value = fix.set[name];
    return [
      ...(given ? [{ line: at, sign: '-', text: `${name}=${given.value ?? '********'}` }] : []),
      ...(value === undefined ? [] : [{ line, sign: '+', text: `${name}=${value}` }]),
    ];
  });
  if (lines.length === 0) return [];
  const width = Math.max(2, ...lines.map(({ line }) => String(line ?? '').length));
  return [
    paint.margin(`${' '.repeat(width + 1)}|`),
    ...lines.map(({ line, sign, text }) => {
      const number = paint.margin(String(line ?? '').padStart(width));
      return `${number} ${paint[sign === '+' ? 'passed' : 'failed'](`${sign} ${text}`)}`;
    }),
  ];
}

function alternativeLines({ alternatives }: Fix): string[] {
  const lines = alternatives.flatMap(({ summary, set }) => {
    const text = Object.entries(set).map(([name, value]) => `${name}=${value}`);
    return wrap(`or ${summary ?? `write ${text.join(' and ')}`}.`, '  ');
  });
  return lines.length > 0 ? ['', ...lines] : [];
}
