import type { z } from 'zod';
import { describe } from './setting.js';

interface Line {
  readonly name: string;
  /** Markdown. */
  readonly absent: string;
  readonly example: string;
  readonly meaning: string;
}

/** `.env.example`: every setting commented out, in its group, with its default and meaning. */
export function envExample(schemas: readonly z.ZodObject[]): string {
  const head = [
    '# Copy this file to .env and remove the # before each setting you want to change; the',
    '# environment wins over .env. Any setting X may also be given as X_FILE, a file that holds',
    "# the value. Put a value with # or quotation marks into single quotes: NAME='value'.",
  ];
  const groups = [...grouped(schemas)].map(([group, lines]) =>
    [`# ==== ${group} ====`, ...lines.map(exampleOf)].join('\n\n'),
  );
  return `${[head.join('\n'), ...groups].join('\n\n')}\n`;
}

/** The README's tables of settings, one a group. */
export function settingsTable(schemas: readonly z.ZodObject[]): string {
  const groups = [...grouped(schemas)].map(([group, lines]) =>
    [
      `### ${group}`,
      '',
      '| setting | default | meaning |',
      '| --- | --- | --- |',
      ...lines.map(({ name, absent, meaning }) => `| \`${name}\` | ${absent} | ${meaning} |`),
    ].join('\n'),
  );
  return groups.join('\n\n');
}

/** A page with a table put between the markers of this name; unchanged where it has none. */
export function withTable(page: string, name: 'settings' | 'presets', table: string): string {
  const begin = `<!-- ${name}:begin -->`;
  const end = `<!-- ${name}:end -->`;
  const from = page.indexOf(begin);
  const to = page.indexOf(end);
  if (from < 0 || to < from) return page;
  return `${page.slice(0, from + begin.length)}\n\n${table}\n\n${page.slice(to)}`;
}

function grouped(schemas: readonly z.ZodObject[]): Map<string, Line[]> {
  const groups = new Map<string, Line[]>();
  for (const [name, field] of schemas.flatMap((schema) => Object.entries(schema.shape))) {
    const { group, meaning, default: fixed, otherwise, example } = describe(field);
    const absent = otherwise ?? (fixed === undefined ? 'none' : `\`${fixed}\``);
    const lines = groups.get(group) ?? [];
    groups.set(group, lines);
    lines.push({ name, absent, meaning, example: example ?? fixed ?? '' });
  }
  return groups;
}

function exampleOf({ name, absent, example, meaning }: Line): string {
  // What begins with code, such as `api` or an address, keeps its small letter.
  const sentence = meaning.replace(/^[a-z](?=[a-z ])/, (letter) => letter.toUpperCase());
  const prose = wrapped(`${sentence}. Default: ${absent}.`.replaceAll('`', ''));
  return [...prose, `#${name}=${example}`].join('\n');
}

function wrapped(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  for (const word of text.split(' ')) {
    if (line.length + 1 + word.length > 92 && line !== '#') {
      lines.push(line);
      line = '#';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}
