import { WIDTH, wrap } from './layout.js';
import type { Paint } from './paint.js';
import type { Finding, ReportedSetting } from './report.js';

/** What a value looks like: a secret is stars and what may be said of it. */
export function shown({ name, value, secret, length, remarks = [] }: ReportedSetting): {
  readonly line: string;
  /** Where the value begins, and how wide it is. */
  readonly column: number;
  readonly width: number;
} {
  const text = secret ? '********' : (value ?? '');
  const said = secret ? [`${length ?? 0} character${length === 1 ? '' : 's'}`, ...remarks] : [];
  const line = `${name}=${text}${said.length > 0 ? ` (${said.join(', ')})` : ''}`;
  return { line, column: name.length + 1, width: Math.max(1, text.length) };
}

/**
 * The user's own lines of the settings that a finding is about, the wrong value underlined with
 * what is wrong about it. Lines of `.env` have their number, and the one before for orientation.
 */
export function settingLines(
  { settings: names, marks }: Finding,
  settings: readonly ReportedSetting[],
  paint: Paint,
): string[] {
  const meant = settings.filter(({ name }) => names.includes(name));
  if (meant.length === 0) return [];
  const file = meant.find(({ name, source }) => source && (marks[name] || meant.length === 1));
  const rows = withNeighbour(meant, settings, file ?? meant[0]);
  const width = Math.max(2, ...rows.map((row) => String(lineOf(row) ?? '').length));
  const margin = (number: number | undefined): string =>
    paint.margin(`${String(number ?? '').padStart(width)} |`);
  return [
    ...(file?.source ? [`  --> ${file.source}`] : []),
    margin(undefined),
    ...rows.flatMap((row) => {
      const { line, column, width: wide } = shown(row);
      const mark = marks[row.name];
      return [
        `${margin(lineOf(row))} ${line}`,
        ...(mark === undefined
          ? []
          : markerLines(mark, column, wide).map((text) => `${margin(undefined)} ${text}`)),
      ];
    }),
  ];
}

/** In the order of their lines, with the line before the first in the same file. */
function withNeighbour(
  meant: readonly ReportedSetting[],
  settings: readonly ReportedSetting[],
  first: ReportedSetting | undefined,
): readonly ReportedSetting[] {
  const before = (lineOf(first) ?? 0) - 1;
  const neighbour = settings.find(
    (setting) => !meant.includes(setting) && before > 0 && lineOf(setting) === before,
  );
  const rows = neighbour ? [neighbour, ...meant] : [...meant];
  return rows.sort((a, b) => (lineOf(a) ?? 0) - (lineOf(b) ?? 0));
}

/** The marker under a value, and the words beside it, or below where there is no room beside. */
function markerLines(mark: string, column: number, width: number): string[] {
  const margin = 5;
  const marker = ' '.repeat(column) + '^'.repeat(Math.min(width, WIDTH - margin - column));
  const room = WIDTH - margin - marker.length;
  const indent = ' '.repeat(room >= 30 ? marker.length + 1 : Math.min(column, 16));
  const lines = wrap(mark, ' '.repeat(margin) + indent).map((line) => line.slice(margin));
  const [first = '', ...rest] = lines;
  return room >= 30 ? [`${marker} ${first.trimStart()}`, ...rest] : [marker, first, ...rest];
}

/** 14 of `.env:14`. */
export function lineOf(setting: ReportedSetting | undefined): number | undefined {
  const line = /:(\d+)$/.exec(setting?.source ?? '')?.[1];
  return line === undefined ? undefined : Number(line);
}
